import type { ErrorCode, Issue } from "../sdk/index.ts";
import { ApiError, ConnectionError } from "./errors.ts";
import { backOff, pause, refuseAborted, within } from "./waiting.ts";

/** How the API is reached. */
export type ClientOptions = {
  /** Of the API, such as https://jobs.example.com; "" in a browser is the page's own origin. */
  url: string;
  /** A token or an API key; a function is asked before each request, so that it may renew a token. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** The same, by its other name. */
  apiKey?: string | undefined;
  /** Instead of the global one. */
  fetch?: typeof fetch | undefined;
  /** Longest time of one try of a call. Default 30,000 ms. */
  timeoutMs?: number | undefined;
  /** How often a call that may be repeated is tried again. Default 3. */
  retries?: number | undefined;
};

/** What every call takes beside its own. */
export type CallOptions = {
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
};

export type Call = CallOptions & {
  query?: Record<string, unknown> | undefined;
  body?: unknown;
  idempotencyKey?: string | undefined;
  /** Whether it may be sent twice. Reads may, and what has an idempotency key. */
  repeatable?: boolean | undefined;
};

export type Connection = {
  call<T>(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, call?: Call): Promise<T>;
  /** The body of an event stream, until the signal aborts. It is not repeated. */
  open(path: string, body: unknown, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
};

const longestPauseMs = 60_000;
const passing = new Set([429, 502, 503, 504]);

export function connect(options: ClientOptions): Connection {
  const base = options.url.replace(/\/+$/, "");
  const send = options.fetch ?? globalThis.fetch;
  const retries = options.retries ?? 3;

  async function authorized(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = await tokenOf(options);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    // Bare: a browser's fetch refuses to be called as a method.
    return await send(base + path, { ...init, headers });
  }

  async function request(path: string, init: RequestInit, { signal, timeoutMs }: CallOptions) {
    const limit = timeoutMs ?? options.timeoutMs ?? 30_000;
    const what = `${init.method} ${base}${path}`;
    refuseAborted(signal, what);
    return await within(limit, signal, async (joined, timedOut) => {
      try {
        const response = await authorized(path, { ...init, signal: joined });
        return { response, text: await response.text(), what };
      } catch (cause) {
        refuseAborted(signal, what);
        if (timedOut())
          throw new ConnectionError("TIMEOUT", `${what} took more than ${limit} ms.`, { cause });
        throw new ConnectionError("NETWORK", `${what} got no answer: ${reasonOf(cause)}.`, { cause });
      }
    });
  }

  return {
    async call<T>(method: string, path: string, call: Call = {}) {
      const headers: Record<string, string> = { accept: "application/json" };
      if (call.body !== undefined) headers["content-type"] = "application/json";
      if (call.idempotencyKey !== undefined) headers["idempotency-key"] = call.idempotencyKey;
      const init = { method, headers, body: call.body === undefined ? null : JSON.stringify(call.body) };
      const repeatable = call.repeatable ?? (method === "GET" || call.idempotencyKey !== undefined);
      for (let attempt = 0; ; attempt += 1) {
        const last = !repeatable || attempt >= retries;
        let wait = backOff(attempt, 5_000);
        try {
          const { response, text, what } = await request(path + queryOf(call.query), init, call);
          if (response.ok) return (text === "" ? undefined : parsed(text, what, response.status)) as T;
          wait = Math.max(wait, retryAfterMs(response));
          const refused = refusal(response.status, text, what);
          if (last || wait > longestPauseMs || !passing.has(response.status)) throw refused;
        } catch (error) {
          if (last || !(error instanceof ConnectionError) || !mayPass(error)) throw error;
        }
        await pause(wait, call.signal);
      }
    },
    async open(path, body, signal) {
      const headers = { accept: "text/event-stream", "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(body), signal };
      const response = await authorized(path, init);
      const isStream = response.headers.get("content-type")?.includes("event-stream") === true;
      if (response.ok && isStream && response.body !== null) return response.body;
      throw refusal(response.ok ? 406 : response.status, await response.text(), `POST ${base}${path}`);
    },
  };
}

/** What an answer that is not ours says will not be another by asking again, but for what a proxy answers. */
const mayPass = ({ code, status }: ConnectionError) =>
  code !== "ABORTED" && (status === undefined || passing.has(status));

async function tokenOf({ token, apiKey }: ClientOptions): Promise<string | undefined> {
  return typeof token === "function" ? await token() : (token ?? apiKey);
}

function queryOf(query: Record<string, unknown> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  if (given.length === 0) return "";
  return `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`;
}

/** Seconds, or a date. */
function retryAfterMs({ headers }: Response): number {
  const said = headers.get("retry-after") ?? "0";
  const ms = /^\d+$/.test(said) ? Number(said) * 1_000 : Date.parse(said) - Date.now();
  return Number.isFinite(ms) ? ms : 0;
}

function parsed(text: string, what: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `${what} was answered with what is no JSON. Is that the URL of a Rowlock API?`;
    throw new ConnectionError("NETWORK", message, { status, cause });
  }
}

/** The error that an answer tells; a proxy's has no code of ours. */
export function refusal(status: number, text: string, what: string): ApiError | ConnectionError {
  try {
    const { error } = JSON.parse(text) as {
      error: { code: ErrorCode; message: string; issues?: Issue[] };
    };
    return new ApiError(error.code, error.message, { status, issues: error.issues ?? [] });
  } catch (cause) {
    return new ConnectionError("NETWORK", `${what} was answered with ${status} and no error of Rowlock's.`, {
      status,
      cause,
    });
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
