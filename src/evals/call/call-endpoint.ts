import { RowlockError } from "../../sdk/index.ts";
import {
  type EndpointSettings,
  type MappedAnswer,
  mapAnswer,
  parseAnswer,
  type RenderedRequest,
  renderRequest,
  requestVariablesOf,
  type Said,
} from "../request/index.ts";
import { FetchError, type SafeFetchAnswer, safeFetch } from "../safe-fetch/index.ts";
import { blotOut, blotOutOf, placeholder } from "./blot-out.ts";
import type { Credentials } from "./credentials.ts";
import { type Client, forgetToken, type Token, tokenFor } from "./oauth.ts";
import { retryAfterOf } from "./retry-after.ts";

const maxAnswerBytes = 2_000_000;

export type CallOptions = {
  endpoint: EndpointSettings;
  credentials: Credentials;
  organizationId: string;
  input: string;
  /** In a conversation: all that was said, the input last. */
  said?: Said | undefined;
  signal: AbortSignal;
  /** Ranges that may be reached although not public. */
  allow: readonly string[];
  /** Told the request as it is sent and what is answered, without secrets. */
  watch?: { sent(request: RenderedRequest): void; answered(answer: SafeFetchAnswer): void };
};

/** The endpoint refused a token that was kept from before; with a fresh one it may be called once more, at once. */
export class StaleToken extends FetchError {}

/**
 * Calls an endpoint once. Nothing it answers, and no error, carries on a secret it was sent.
 * @throws StaleToken, FetchError (FETCH_FAILED), RowlockError INTERNAL_ADDRESS or INVALID_ARGUMENT
 */
export async function callEndpoint(options: CallOptions): Promise<MappedAnswer & { durationMs: number }> {
  const { endpoint, credentials, input, said, watch } = options;
  const secrets = [credentials.auth, ...Object.values(credentials.headers)].filter((one) => one !== null);
  try {
    const rendered = renderRequest(endpoint, requestVariablesOf(input, said));
    const client = clientOf(options);
    const token = client === undefined ? undefined : await tokenFor(client, options);
    if (token !== undefined) secrets.push(token.value);
    const secretHeaders = { ...credentials.headers, ...authHeaders(endpoint, credentials, token) };
    watch?.sent({ ...rendered, headers: { ...rendered.headers, ...hidden(secretHeaders) } });
    const received = await safeFetch({
      ...rendered,
      headers: { ...rendered.headers, ...secretHeaders },
      timeoutMs: endpoint.timeoutMs,
      maxBytes: maxAnswerBytes,
      signal: options.signal,
      allow: options.allow,
    });
    const answer = { ...received, text: blotOut(received.text, secrets) };
    watch?.answered(blotOutOf(answer, secrets));
    refuseStatus(answer, client, token);
    const mapped = await mapAnswer(endpoint, parseAnswer(answer.text, answer.headers["content-type"]));
    // Once more: what was a text within a text there is one of its own here.
    return { ...blotOutOf(mapped, secrets), durationMs: answer.durationMs };
  } catch (error) {
    // It may name the host of a redirect, or a content type: both are the endpoint's to choose.
    if (error instanceof RowlockError) error.message = blotOut(error.message, secrets);
    throw error;
  }
}

function clientOf({ endpoint: { auth }, credentials, organizationId }: CallOptions): Client | undefined {
  if (auth.type !== "oauth") return undefined;
  return { oauth: auth, organizationId, secret: credentials.auth ?? "" };
}

function authHeaders(
  { auth }: EndpointSettings,
  { auth: secret }: Credentials,
  token: Token | undefined,
): Record<string, string> {
  if (token !== undefined) return { authorization: `Bearer ${token.value}` };
  if (secret === null || auth.type === "none") return {};
  return auth.type === "header" ? { [auth.name]: secret } : { authorization: `Bearer ${secret}` };
}

function hidden(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, placeholder]));
}

function refuseStatus(
  { status, headers }: SafeFetchAnswer,
  client: Client | undefined,
  token: Token | undefined,
): void {
  if (status >= 200 && status <= 299) return;
  const message = `The endpoint answered with status ${status}.`;
  if (status === 401 && token !== undefined && client !== undefined) {
    forgetToken(client, token.value);
    if (token.fromCache) throw new StaleToken("answer", message, { httpStatus: status });
  }
  const retryAfterMs = retryAfterOf(headers["retry-after"]);
  throw new FetchError("answer", message, { httpStatus: status, retryAfterMs });
}
