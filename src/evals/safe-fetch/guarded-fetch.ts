import { fetch as callUrl } from "undici";
import { RowlockError } from "../../sdk/index.ts";
import { routeFor } from "./agents.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { explain } from "./explain.ts";
import { FetchError } from "./fetch-error.ts";
import type { SafeFetchOptions } from "./safe-fetch.ts";
import { readTarget } from "./target.ts";

type Bounds = Pick<SafeFetchOptions, "timeoutMs" | "maxBytes" | "signal" | "allow">;

/**
 * A `fetch` for libraries that want one, with the address checks of `safeFetch`: for as long as `work` takes, within one
 * time limit over all its calls. Bodies may be streamed and are bounded, decompressed. Redirects are refused: what is
 * called carries a key, and APIs do not move.
 * @throws what `work` throws; its calls throw as `safeFetch` does
 */
export async function withGuardedFetch<T>(
  bounds: Bounds,
  work: (fetch: typeof globalThis.fetch) => Promise<T>,
): Promise<T> {
  using deadline = startDeadline(bounds.timeoutMs, bounds.signal);
  return await work((input, init) => guardedCall(String(input), init, bounds, deadline));
}

async function guardedCall(
  target: string,
  init: RequestInit | undefined,
  { allow: ranges = [], maxBytes }: Bounds,
  deadline: Deadline,
): Promise<Response> {
  const { agent, allow } = routeFor(ranges);
  const url = readTarget(target, allow);
  const about = { deadline, status: null, host: url.host };
  if (init?.body !== undefined && init.body !== null && typeof init.body !== "string") {
    throw new RowlockError("INVALID_ARGUMENT", "A guarded call sends text only.");
  }
  const answer = await callUrl(url, {
    method: init?.method ?? "GET",
    headers: Object.fromEntries(new Headers(init?.headers)),
    body: init?.body ?? null,
    signal: deadline.signal,
    redirect: "manual",
    dispatcher: agent,
  }).catch((error: unknown) => Promise.reject(explain(rootOf(error), about)));
  const { status } = answer;
  if (status >= 300 && status < 400) {
    await answer.body?.cancel();
    throw new FetchError("redirect", `${url.host} answers with a redirect. Use the URL it leads to.`, {
      httpStatus: status,
    });
  }
  const headers = Object.fromEntries(answer.headers);
  if (answer.body === null) return new Response(null, { status, headers });
  const body = ReadableStream.from(bounded(answer.body, maxBytes, { ...about, status }));
  return new Response(body, { status, headers });
}

async function* bounded(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  about: Parameters<typeof explain>[1],
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBytes) {
        const detail = { httpStatus: about.status };
        throw new FetchError(
          "too_large",
          `The answer is larger than ${maxBytes} bytes. Make it smaller.`,
          detail,
        );
      }
      yield chunk;
    }
  } catch (error) {
    throw explain(rootOf(error), about);
  }
}

/** `fetch` wraps whatever happened into a TypeError that says little. */
function rootOf(error: unknown): unknown {
  return error instanceof TypeError && error.cause !== undefined ? error.cause : error;
}
