import { type Bell, listen, type Subscription } from "./bell.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { isClientError } from "./errors.ts";
import { refuseAborted } from "./waiting.ts";

/** What is watched: how it is read, what rings when it may have changed, and when there is nothing more to come. */
export type Watched<T> = {
  read(options: CallOptions): Promise<T>;
  rings: Subscription;
  ended(value: T): boolean;
};

/** An API is away for some seconds when it is deployed, and a laptop when its lid is closed. */
const patienceMs = 60_000;

/**
 * Yields what is watched as it is now and after each change, and returns after its end. Every value is read by REST: a
 * subscription only says when, so it looks the same with streams, after a stream broke, and without any.
 * @throws ConnectionError ABORTED when the signal aborts; ApiError NOT_FOUND
 */
export async function* watch<T>(
  connection: Connection,
  { read, rings, ended }: Watched<T>,
  options: CallOptions,
): AsyncGenerator<T, void, undefined> {
  let value = await read(options);
  yield value;
  if (ended(value)) return;
  const bell = listen(connection, rings, options.signal);
  try {
    for (let shown = JSON.stringify(value); !ended(value); ) {
      value = await readPatiently(bell, read, options);
      const text = JSON.stringify(value);
      if (text !== shown) yield value;
      shown = text;
    }
  } finally {
    bell.stop();
  }
}

/** The value at the next ring, or at a later one while the API is away. */
async function readPatiently<T>(bell: Bell, read: Watched<T>["read"], options: CallOptions): Promise<T> {
  for (let until: number | undefined; ; ) {
    await bell.wait();
    refuseAborted(options.signal, "The watching");
    try {
      return await read(options);
    } catch (error) {
      until ??= Date.now() + patienceMs;
      if (!mayPass(error) || Date.now() > until) throw error;
    }
  }
}

function mayPass(error: unknown): boolean {
  if (!isClientError(error) || error.code === "ABORTED") return false;
  return error.status === undefined || error.status === 429 || error.status >= 500;
}
