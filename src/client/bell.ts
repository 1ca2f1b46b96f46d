import type { Connection } from "./connection.ts";
import { ApiError, ConnectionError } from "./errors.ts";
import { readEvents } from "./event-stream.ts";
import { backOff, pause } from "./waiting.ts";

/** A subscription, as text of GraphQL with one variable, `id`. */
export type Subscription = { query: string; id: string };

/** How long to wait without a ring: there is no stream, or its connection may be dead without a word. */
const pollMs = 1_000;
const silenceMs = 30_000;
const longestBackOffMs = 10_000;

/**
 * Rings when something may have changed. It tells no more: what has changed is read, and whoever may not ask any more is
 * told so by that read. So nothing depends on the stream but how soon.
 */
export type Bell = {
  /** Waits for it to ring, or for as long as one may go without looking. */
  wait(): Promise<void>;
  /** Gives its connection back. */
  stop(): void;
};

/** Listens to a subscription until it is stopped; a stream that breaks is opened again, later and later. */
export function listen(
  connection: Connection,
  { query, id }: Subscription,
  signal: AbortSignal | undefined,
): Bell {
  const stopping = new AbortController();
  let rung = false;
  let streams = false;
  let wake = () => {};
  const ring = () => {
    rung = true;
    wake();
  };
  const stop = () => {
    signal?.removeEventListener("abort", stop);
    stopping.abort();
    wake();
  };
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted === true) stop();

  async function follow(): Promise<void> {
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      try {
        await stream(() => {
          attempt = 0;
          streams = true;
          ring();
        });
      } catch (error) {
        if (hasNoStreams(error)) return;
      }
      streams = false;
      ring();
      await pause(backOff(attempt, longestBackOffMs), stopping.signal);
    }
  }

  /** One connection, from its opening to its end. */
  async function stream(heard: () => void): Promise<void> {
    const ending = new AbortController();
    const end = () => ending.abort();
    stopping.signal.addEventListener("abort", end, { once: true });
    // Servers say something every few seconds. A connection that is dead says nothing, for ever.
    let silence = setTimeout(end, silenceMs);
    try {
      const body = await connection.open("/graphql/stream", { query, variables: { id } }, ending.signal);
      for await (const { event, data } of readEvents(body)) {
        clearTimeout(silence);
        silence = setTimeout(end, silenceMs);
        if (event === "complete" || (event === "next" && "errors" in JSON.parse(data))) return;
        if (event === "next") heard();
      }
    } finally {
      clearTimeout(silence);
      stopping.signal.removeEventListener("abort", end);
      end();
    }
  }

  void follow();
  return {
    async wait() {
      if (!rung && !stopping.signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, streams ? silenceMs : pollMs * (0.75 + Math.random() / 2));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
    },
    stop,
  };
}

/** Whether it will not be there in a moment either: then looking every second has to do. */
function hasNoStreams(error: unknown): boolean {
  const status = error instanceof ApiError || error instanceof ConnectionError ? error.status : undefined;
  return status !== undefined && status < 500 && status !== 401 && status !== 429;
}
