import { createHash } from "node:crypto";
import type { Auth } from "../request/index.ts";

type Place = { id: string; url: string; auth: Auth };

/**
 * What a secret of an endpoint is stored for: this endpoint, and the servers it is sent to. It is bound to that by its
 * encryption, so that whoever may change a URL cannot have a secret sent to a server of theirs.
 */
export function headerPurpose({ id, url }: Pick<Place, "id" | "url">): string {
  return purpose(id, [originOf(url)]);
}

/** As `headerPurpose`; a token that was fetched by the secret goes to the endpoint in turn. */
export function authPurpose({ id, url, auth }: Place): string {
  return purpose(id, auth.type === "oauth" ? [originOf(url), originOf(auth.tokenUrl)] : [originOf(url)]);
}

function purpose(id: string, origins: string[]): string {
  return `endpoint ${id} ${createHash("sha256").update(origins.join("\n")).digest("hex").slice(0, 32)}`;
}

function originOf(url: string): string {
  return URL.parse(url)?.origin ?? "";
}
