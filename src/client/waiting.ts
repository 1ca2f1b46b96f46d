import { ConnectionError } from "./errors.ts";

/** A pause that ends early when a signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** The pause before the n-th try again, half of it by chance, so that many programs do not come back at one moment. */
export function backOff(attempt: number, most: number): number {
  return Math.min(most, 200 * 2 ** attempt) * (0.5 + Math.random() / 2);
}

/** @throws ConnectionError ABORTED when the caller's own signal has aborted */
export function refuseAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted !== true) return;
  throw new ConnectionError("ABORTED", `${what} was ended by its signal.`, { cause: signal.reason });
}

/**
 * Runs something under a signal that also aborts after a time, and leaves no timer and no listener behind.
 * Not `AbortSignal.any`: browsers have it since 2023 only, and it keeps what it joins.
 */
export async function within<T>(
  ms: number | undefined,
  signal: AbortSignal | undefined,
  work: (joined: AbortSignal, timedOut: () => boolean) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let late = false;
  const abort = () => controller.abort(signal?.reason);
  const timer =
    ms === undefined
      ? undefined
      : setTimeout(() => {
          late = true;
          controller.abort();
        }, ms);
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await work(controller.signal, () => late);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
