import { RowlockError } from "../../sdk/index.ts";
import type { Begun } from "./begin.ts";
import type { Stopped } from "./stopped.ts";
import { enter, leave } from "./under-way.ts";

/** How long a handler may go on after it was told to stop, before its connection is cut; somebody waits for a cancel. */
const graceMs = { overdue: 1_000, "past-deadline": 300, stopping: 1_000, cancelled: 300 };

export type Attempt = {
  /** Aborts at the time limit, when the worker stops and when the job is cancelled. */
  signal: AbortSignal;
  /** Aborts when the time to stop by itself is over too: cut whatever is still open. */
  cut: AbortSignal;
  cutOff(): void;
  /** Waits for the work, but no longer than the limit and a grace; then rejects with why. */
  bound<T>(work: Promise<T> | T): Promise<T>;
  /** Why the signal aborted, undefined while it has not. */
  reason(): Stopped | undefined;
  cancel(): void;
  [Symbol.dispose](): void;
};

/**
 * One try at a job, bounded in time. The signal asks the handler to stop; whoever calls must see to it that a handler
 * that goes on regardless can write nothing (by cutting its connection, or by the fence).
 */
export function startAttempt(
  { job: { id: jobId }, deadlineMs }: Pick<Begun, "job" | "deadlineMs">,
  timeoutMs: number,
  stopping: AbortSignal,
): Attempt {
  const controller = new AbortController();
  const cutter = new AbortController();
  let why: Stopped | undefined;
  let giveUp: NodeJS.Timeout | undefined;
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  givenUp.catch(() => undefined);

  const stop = (reason: Stopped) => {
    if (why !== undefined) return;
    why = reason;
    const error = {
      overdue: () => new RowlockError("JOB_TIMEOUT", `The attempt took longer than ${timeoutMs} ms.`),
      "past-deadline": () =>
        new RowlockError("DEADLINE_EXCEEDED", "The job's deadline passed before it had ended."),
      stopping: () => new RowlockError("JOB_LOST", "The worker stops; the job runs elsewhere."),
      cancelled: () => new RowlockError("CANCELLED", "The job was cancelled."),
    }[reason]();
    controller.abort(error);
    giveUp = setTimeout(() => {
      reject(error);
      cutter.abort(error);
    }, graceMs[reason]);
  };
  const limit =
    deadlineMs !== null && deadlineMs < timeoutMs
      ? setTimeout(() => stop("past-deadline"), deadlineMs)
      : setTimeout(() => stop("overdue"), timeoutMs);
  const onStop = () => stop("stopping");
  stopping.addEventListener("abort", onStop, { once: true });
  if (stopping.aborted) onStop();

  const attempt: Attempt = {
    signal: controller.signal,
    cut: cutter.signal,
    cutOff: () => cutter.abort(),
    bound: (work) => Promise.race([work, givenUp]),
    reason: () => why,
    cancel: () => stop("cancelled"),
    [Symbol.dispose]() {
      leave(jobId, attempt);
      clearTimeout(limit);
      clearTimeout(giveUp);
      stopping.removeEventListener("abort", onStop);
    },
  };
  enter(jobId, attempt);
  return attempt;
}
