import { isIP } from "node:net";
import { RowlockError } from "../../sdk/index.ts";
import { type AllowList, mayReach } from "./addresses.ts";

/**
 * Reads a URL that may be called: http or https, no user or password in it, and no internal address written out.
 * The URL parser has already turned every disguise of an IPv4 address (decimal, octal, hex, short, full-width)
 * into four plain numbers. Names are resolved and checked when the connection is made.
 * @throws RowlockError INVALID_ARGUMENT or INTERNAL_ADDRESS
 */
export function readTarget(text: string, allow: AllowList, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null) {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      `"${shorten(text)}" is no URL. Write it like https://example.com/path.`,
    );
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      `URLs of ${url.protocol} cannot be called. Use http: or https:.`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      "The URL has a user or password in it. Send them in a header instead.",
    );
  }
  const host = hostOf(url.hostname);
  if (isIP(host) !== 0 && !mayReach(host, allow)) throw internalAddress(url.hostname);
  return url;
}

/** The host as a resolver wants it: IPv6 without its brackets. */
export function hostOf(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

/** Says which name, never which address it has: that would draw a map of the internal network. */
export function internalAddress(host: string): RowlockError {
  return new RowlockError(
    "INTERNAL_ADDRESS",
    `${shorten(host)} is not a public address. Use a public one, or have the operator add its range to ALLOW_INTERNAL_ADDRESSES.`,
  );
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
