import type { Request, Router } from "express";
import { RowlockError } from "../../sdk/index.ts";

/** What the dashboard offers whoever opens it in development. Tokens, so: for the browser of this machine alone. */
export type SignInOffers = {
  /** `label` is read by people, `organization` is its id. */
  offers: { label: string; organization: string; token: string }[];
  operator: { token: string } | null;
};

export const signInPath = "/dashboard/sign-in.json";

/**
 * `GET /dashboard/sign-in.json`, without authentication, when there is something to offer; else 404. Other machines get
 * nothing, nor do pages of other sites in a browser of this one, nor a foreign name that leads here.
 */
export function installSignIn(router: Router, signInOffers: (() => Promise<SignInOffers>) | undefined): void {
  router.get(signInPath, async (request, response) => {
    if (signInOffers === undefined || !isFromHere(request)) {
      throw new RowlockError(
        "NOT_FOUND",
        "There is nothing to sign in with here. `rowlock start` offers it in development, at localhost and from this machine.",
      );
    }
    response.set("cache-control", "no-store").json(await signInOffers());
  });
}

function isFromHere(request: Request): boolean {
  const site = request.get("sec-fetch-site");
  return (
    isLoopback(request.socket.remoteAddress ?? "") &&
    // A page of a foreign site may call its own name 127.0.0.1 for a while; the browser still sends the name.
    isLoopback(hostOf(request.get("host") ?? "")) &&
    (site === undefined || site === "same-origin" || site === "none") &&
    // A proxy or a tunnel: who asks is somewhere else.
    request.get("forwarded") === undefined &&
    request.get("x-forwarded-for") === undefined
  );
}

/** The name in a Host header, without its port. */
function hostOf(header: string): string {
  return /^(\[[^\]]*\]|[^:]*)(:\d*)?$/.exec(header)?.[1] ?? "";
}

/** Whether a name or an address, as a setting, a header or a socket has it, is this machine's own. */
export function isLoopback(host: string): boolean {
  return /^(localhost|(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|\[::1\])$/i.test(host);
}
