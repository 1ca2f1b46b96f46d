import { type Dispatcher, request } from "undici";
import { RowlockError } from "../../sdk/index.ts";
import { routeFor } from "./agents.ts";
import { startDeadline } from "./deadline.ts";
import { explain } from "./explain.ts";
import { FetchError } from "./fetch-error.ts";
import { readHeaders, withoutBody, withoutCredentials } from "./headers.ts";
import { readBody } from "./read-body.ts";
import { readTarget } from "./target.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type SafeFetchOptions = {
  url: string;
  method?: Method;
  headers?: Record<string, string>;
  body?: string | null;
  /** For all of it: look-up, connections, redirects, reading. */
  timeoutMs: number;
  /** Largest body, after decompression. */
  maxBytes: number;
  /** When it aborts, the call ends and its reason is thrown as it is. */
  signal?: AbortSignal | undefined;
  /** Ranges that may be reached although not public: setting ALLOW_INTERNAL_ADDRESSES. */
  allow?: readonly string[];
  /** Default true; false: a redirect is an answer like any other. */
  follow?: boolean;
};

export type SafeFetchAnswer = {
  /** Any status that is not a followed redirect; judging it is the caller's. */
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  durationMs: number;
};

const maxRedirects = 5;

/**
 * Calls a URL that a tenant wrote, as `fetch` would, but never an internal address: not by its name, not by a
 * redirect, not by a name that resolves differently the second time.
 * @throws RowlockError INVALID_ARGUMENT for a URL or header that cannot be used, INTERNAL_ADDRESS
 * @throws FetchError (FETCH_FAILED) for anything that went wrong on the way
 */
export async function safeFetch(options: SafeFetchOptions): Promise<SafeFetchAnswer> {
  const { agent, allow } = routeFor(options.allow ?? []);
  let url = readTarget(options.url, allow);
  let method: Method = options.method ?? "GET";
  let headers = readHeaders(options.headers ?? {});
  let body = options.body ?? null;
  const started = performance.now();
  using deadline = startDeadline(options.timeoutMs, options.signal);

  let status: number | null = null;
  try {
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const answer = await request(url, {
        dispatcher: agent,
        method,
        headers,
        body,
        signal: deadline.signal,
      });
      status = answer.statusCode;
      const location = options.follow === false ? null : redirectOf(answer);
      if (location === null) {
        const encoding = single(answer.headers["content-encoding"]) ?? "";
        const text = await readBody(answer.body, { encoding, maxBytes: options.maxBytes, status });
        return { status, headers: answer.headers, text, durationMs: performance.now() - started };
      }
      // A short body is read away, so that the connection can be used again; a long one costs the connection.
      await answer.body.dump({ limit: 16_384, signal: deadline.signal });
      const next = readRedirect(location, url, allow, status);
      if (next.origin !== url.origin) headers = withoutCredentials(headers);
      if (becomesGet(status, method)) {
        method = "GET";
        body = null;
        headers = withoutBody(headers);
      }
      url = next;
    }
  } catch (error) {
    throw explain(error, { deadline, status, host: url.host });
  }
  throw new FetchError("redirect", `More than ${maxRedirects} redirects. Use the URL they lead to.`, {
    httpStatus: status,
  });
}

function redirectOf(answer: Dispatcher.ResponseData): string | null {
  if (![301, 302, 303, 307, 308].includes(answer.statusCode)) return null;
  return single(answer.headers.location);
}

function readRedirect(
  location: string,
  from: URL,
  allow: Parameters<typeof readTarget>[1],
  status: number,
): URL {
  try {
    return readTarget(location, allow, from);
  } catch (error) {
    if (!(error instanceof RowlockError) || error.code === "INTERNAL_ADDRESS") throw error;
    throw new FetchError("redirect", `The redirect cannot be followed: ${error.message}`, {
      httpStatus: status,
    });
  }
}

/** As browsers and `fetch` do it: 303 always, 301 and 302 for POST. 307 and 308 repeat the call as it was. */
function becomesGet(status: number, method: Method): boolean {
  return (status === 303 && method !== "GET") || ((status === 301 || status === 302) && method === "POST");
}

function single(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
