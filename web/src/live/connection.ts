import { type Client, createClient, type Sink } from "graphql-ws";

export type LinkState = "connecting" | "open" | "down";

/** Close codes with which the API ends a session: the token ran out; the membership or the key was withdrawn. */
const endings: Readonly<Record<number, string>> = {
  4401: "Your session has ended. Sign in again.",
  4403: "Your membership or API key was withdrawn. Sign in with another.",
};

const longestWaitMs = 15_000;

/**
 * One connection for all subscriptions of a session. It comes back by itself after a cut, and its subscriptions with it.
 * @param onEnd the API ended the session, and why
 */
export function connect(options: {
  token: string;
  onState(state: LinkState): void;
  onEnd(why: string): void;
}): Client {
  const { token, onState, onEnd } = options;
  return createClient({
    url: new URL("/graphql", location.origin.replace(/^http/, "ws")).href,
    connectionParams: { authorization: `Bearer ${token}` },
    keepAlive: 15_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: (closed) => endingOf(closed) === undefined,
    retryWait: (tries) =>
      new Promise((resolve) => {
        // Spread, so that all pages of an API that restarts do not come back at one moment.
        setTimeout(resolve, Math.min(longestWaitMs, 500 * 2 ** tries) * (0.5 + Math.random() / 2));
      }),
    on: {
      connecting: () => onState("connecting"),
      connected: () => onState("open"),
      closed: (event) => {
        onState("down");
        const why = endingOf(event);
        if (why !== undefined) onEnd(why);
      },
      error: () => onState("down"),
    },
  });
}

function endingOf(closed: unknown): string | undefined {
  return closed instanceof CloseEvent ? endings[closed.code] : undefined;
}

export type { Client, Sink };
