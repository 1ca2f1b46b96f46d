import { createHash } from "node:crypto";
import { z } from "zod";
import type { Auth } from "../request/index.ts";
import { FetchError, safeFetch } from "../safe-fetch/index.ts";
import { retryAfterOf } from "./retry-after.ts";

export type Client = {
  oauth: Extract<Auth, { type: "oauth" }>;
  organizationId: string;
  secret: string;
};
export type Token = { value: string; fromCache: boolean };
type Kept = { value: string; expiresAt: number };
type Options = { signal: AbortSignal; allow: readonly string[] };

/** Tokens of this process. As many are kept; the one that was not used for the longest goes first. */
const mostTokens = 1_000;
const tokens = new Map<string, Kept>();

/** A token is not used in its last seconds: it has a way to go. */
const marginMs = 30_000;
const defaultLifeMs = 5 * 60_000;
const longestCallMs = 30_000;
const largestAnswer = 64 * 1024;

const answerSchema = z.object({
  access_token: z.string().min(1).max(16_000),
  expires_in: z.coerce.number().positive().optional(),
});

/**
 * An access token by the client credentials grant (RFC 6749, 4.4), the client's id and secret in a Basic header.
 * @throws FetchError when none is given; RowlockError INTERNAL_ADDRESS, INVALID_ARGUMENT
 */
export async function tokenFor(client: Client, options: Options): Promise<Token> {
  const key = keyOf(client);
  const kept = tokens.get(key);
  if (kept !== undefined && kept.expiresAt > Date.now()) {
    keep(key, kept);
    return { value: kept.value, fromCache: true };
  }
  const fresh = await fetchToken(client, options);
  keep(key, fresh);
  return { value: fresh.value, fromCache: false };
}

/** Forgets a token that was refused; one that has taken its place meanwhile stays. */
export function forgetToken(client: Client, value: string): void {
  const key = keyOf(client);
  if (tokens.get(key)?.value === value) tokens.delete(key);
}

async function fetchToken({ oauth, secret }: Client, { signal, allow }: Options): Promise<Kept> {
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (oauth.scope !== undefined) form.set("scope", oauth.scope);
  if (oauth.audience !== undefined) form.set("audience", oauth.audience);
  const basic = `${encodeURIComponent(oauth.clientId)}:${encodeURIComponent(secret)}`;
  const { status, headers, text } = await safeFetch({
    url: oauth.tokenUrl,
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(basic).toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
    },
    body: form.toString(),
    timeoutMs: longestCallMs,
    maxBytes: largestAnswer,
    signal,
    allow,
  });
  if (status !== 200) {
    throw new FetchError("answer", `No token was given: the token URL answered with status ${status}.`, {
      httpStatus: status,
      retryAfterMs: retryAfterOf(headers["retry-after"]),
    });
  }
  const answer = answerSchema.safeParse(parse(text));
  if (!answer.success) {
    throw new FetchError("answer", "No token was given: the token URL's answer has no access_token.");
  }
  const lifeMs = answer.data.expires_in === undefined ? defaultLifeMs : answer.data.expires_in * 1_000;
  // A short life has a short margin, or its token would be fetched for each call.
  const until = Date.now() + lifeMs - Math.min(marginMs, lifeMs / 2);
  return { value: answer.data.access_token, expiresAt: until };
}

function keep(key: string, token: Kept): void {
  tokens.delete(key);
  tokens.set(key, token);
  const [oldest] = tokens.keys();
  if (tokens.size > mostTokens && oldest !== undefined) tokens.delete(oldest);
}

/** The secret is part of it: whoever has another one gets another token. */
function keyOf({ oauth, organizationId, secret }: Client): string {
  const { tokenUrl, clientId, scope, audience } = oauth;
  const parts = JSON.stringify([organizationId, tokenUrl, clientId, scope, audience, secret]);
  return createHash("sha256").update(parts).digest("base64");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
