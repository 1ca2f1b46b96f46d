import { type ErrorCode, fromDatabase, RowlockError, sqlstateOf } from "../../sdk/index.ts";
import { isDatabaseFailure } from "../../tenancy/index.ts";
import type { JobInfo } from "../context.ts";
import type { TaskDefinition } from "../define-task.ts";
import { Asleep, Discard, RetryLater } from "../task-errors.ts";
import type { Stopped } from "./stopped.ts";

/** What becomes of an attempt that did not succeed. Code and message are what the tenant reads. */
export type Failure =
  | { next: "retry" | "snooze"; delayMs: number; code: string; message: string }
  | { next: "fail"; code: string; message: string }
  /** Another attempt holds the job: nothing may be written. */
  | { next: "lost" }
  /** Somebody cancelled the job while it was at work. */
  | { next: "cancel" }
  /** The worker stops: the job goes to another, unharmed. */
  | { next: "hand-back" }
  /** The database or the way to it failed: the broker delivers again, no attempt is counted. */
  | { next: "redeliver" };

/** Errors that another attempt would only repeat. */
const hopeless = new Set<ErrorCode>([
  "INVALID_PAYLOAD",
  "INVALID_RESULT",
  "UNKNOWN_TASK",
  "NOT_ALLOWED",
  "PAYLOAD_TOO_LARGE",
]);

/** Decides by the error, the reason the attempt was stopped, and the attempts left. */
export function classify(
  thrown: unknown,
  stopped: Stopped | undefined,
  definition: TaskDefinition,
  job: JobInfo,
): Failure {
  if (stopped === "stopping") return { next: "hand-back" };
  if (stopped === "cancelled") return { next: "cancel" };
  const error = fromDatabase(thrown);
  if (error instanceof Asleep) {
    return { next: "snooze", delayMs: error.delayMs, code: "ASLEEP", message: "The job sleeps." };
  }
  if (error instanceof RetryLater) {
    return { next: "snooze", delayMs: error.delayMs, code: "RETRY_LATER", message: safe(error.message) };
  }
  if (error instanceof Discard)
    return { next: "fail", code: safe(error.code).slice(0, 100), message: safe(error.message) };
  if (stopped === "past-deadline") {
    return {
      next: "fail",
      code: "DEADLINE_EXCEEDED",
      message: "The job's deadline passed before it had ended.",
    };
  }
  if (stopped === "overdue") {
    const message = `The attempt took longer than ${definition.timeoutMs} ms.`;
    return retryOrFail("JOB_TIMEOUT", message, definition, job);
  }
  if (error instanceof RowlockError) {
    if (error.code === "JOB_LOST") return { next: "lost" };
    if (error.code === "CANCELLED") return { next: "cancel" };
    if (hopeless.has(error.code)) return { next: "fail", code: error.code, message: safe(error.message) };
  }
  if (isDatabaseFailure(error)) return { next: "redeliver" };
  // Written to be read by callers, except for faults of our own.
  if (error instanceof RowlockError && error.code !== "INTERNAL") {
    return retryOrFail(error.code, safe(error.message), definition, job);
  }
  return retryOrFail("TASK_FAILED", describeUnknown(error), definition, job);
}

function retryOrFail(code: string, message: string, { backOff }: TaskDefinition, job: JobInfo): Failure {
  if (job.attempt >= job.maxAttempts) return { next: "fail", code, message };
  const full = Math.min(backOff.maxMs, backOff.baseMs * 2 ** (job.attempt - 1));
  // Half fixed, half random: retries of jobs that failed together do not come together.
  return { next: "retry", delayMs: full / 2 + (Math.random() * full) / 2, code, message };
}

/** An error of unknown origin may carry anything, another's data or a secret: its text stays in the log. */
function describeUnknown(error: unknown): string {
  const state = sqlstateOf(error);
  const kind =
    state !== undefined && /^[0-9A-Z]{5}$/.test(state)
      ? `a database error (${state})`
      : error instanceof Error && /^[A-Za-z]{1,60}$/.test(error.name)
        ? `an error (${error.name})`
        : "an error";
  return `The task threw ${kind}. The worker's log has it under this job's id.`;
}

/** Cut, and without what Postgres cannot store: a failure that cannot be written would be delivered for ever. */
function safe(message: string): string {
  return message.slice(0, 500).replaceAll("\0", "");
}
