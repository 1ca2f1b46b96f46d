import { RowlockError } from "../../sdk/index.ts";

/** Set by the client itself; from outside they could reach another virtual host or smuggle a second request. */
const reserved = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Says nothing about who asks. Any other header may be a credential (`x-api-key`, `api-key`, ...). */
const harmless = new Set(["accept", "accept-language", "content-type", "user-agent"]);

const describesBody = new Set(["content-type", "content-encoding", "content-language", "content-location"]);

/** What is wrong with a header from outside, in words; null when nothing is. */
export function headerProblem(name: string, value: string): string | null {
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) return "the name of a header has letters, digits and dashes only";
  if (reserved.has(name.toLowerCase())) return "this header is set by the client; leave it out";
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return "the value has characters no header can carry";
  return null;
}

/**
 * Headers as they are sent, names in lower case.
 * @throws RowlockError INVALID_ARGUMENT
 */
export function readHeaders(given: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(given)) {
    const problem = headerProblem(name, value);
    if (problem !== null) throw new RowlockError("INVALID_ARGUMENT", `Header "${name}": ${problem}.`);
  }
  return {
    "accept-encoding": "gzip, deflate, br",
    "user-agent": "rowlock",
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

/** What may follow a redirect to another origin. */
export function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  return keep(headers, (name) => harmless.has(name) || name === "accept-encoding");
}

/** What may follow a redirect that turns the call into a GET. */
export function withoutBody(headers: Record<string, string>): Record<string, string> {
  return keep(headers, (name) => !describesBody.has(name));
}

function keep(headers: Record<string, string>, wanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => wanted(name)));
}
