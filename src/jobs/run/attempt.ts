import { RowlockError } from "../../sdk/index.ts";

/** How long a handler may go on after it was told to stop, before its connection is cut. */
const graceMs = 1_000;

export type Attempt = {
  /** Aborts at the time limit or when the worker stops. */
  signal: AbortSignal;
  /** Aborts when the time to stop by itself is over too: cut whatever is still open. */
  cut: AbortSignal;
  cutOff(): void;
  /** Waits for the work, but no longer than the limit and a grace; then rejects with why. */
  bound<T>(work: Promise<T> | T): Promise<T>;
  /** Why the signal aborted, undefined while it has not. */
  reason(): "overdue" | "stopping" | undefined;
  [Symbol.dispose](): void;
};

/**
 * One try at a job, bounded in time. The signal asks the handler to stop; whoever calls must see to it that a handler
 * that goes on regardless can write nothing (by cutting its connection, or by the fence).
 */
export function startAttempt(timeoutMs: number, stopping: AbortSignal): Attempt {
  const controller = new AbortController();
  const cutter = new AbortController();
  let why: "overdue" | "stopping" | undefined;
  let giveUp: NodeJS.Timeout | undefined;
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  givenUp.catch(() => undefined);

  const stop = (reason: "overdue" | "stopping") => {
    if (why !== undefined) return;
    why = reason;
    const error =
      reason === "overdue"
        ? new RowlockError("JOB_TIMEOUT", `The attempt took longer than ${timeoutMs} ms.`)
        : new RowlockError("JOB_LOST", "The worker stops; the job runs elsewhere.");
    controller.abort(error);
    giveUp = setTimeout(() => {
      reject(error);
      cutter.abort(error);
    }, graceMs);
  };
  const limit = setTimeout(() => stop("overdue"), timeoutMs);
  const onStop = () => stop("stopping");
  stopping.addEventListener("abort", onStop, { once: true });
  if (stopping.aborted) onStop();

  return {
    signal: controller.signal,
    cut: cutter.signal,
    cutOff: () => cutter.abort(),
    bound: (work) => Promise.race([work, givenUp]),
    reason: () => why,
    [Symbol.dispose]() {
      clearTimeout(limit);
      clearTimeout(giveUp);
      stopping.removeEventListener("abort", onStop);
    },
  };
}
