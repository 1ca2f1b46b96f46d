import type { Pool } from "pg";
import { fromDatabase, RowlockError } from "../../sdk/index.ts";
import type { Failure } from "./classify.ts";

/** How a delivery ended; the worker logs it. `error` is the full error, for the log alone. */
export type Outcome =
  | { kind: "succeeded" }
  | { kind: "retried" | "snoozed" | "failed"; code: string; message: string; retryAt?: Date; error: unknown }
  | { kind: "handed-back" }
  /** The time of its bundle was up before its turn: it waits for another. */
  | { kind: "put-off" }
  | { kind: "lost" }
  | { kind: "ended" | "held" | "early" | "overdue" | "cancelled" };

/**
 * Writes what becomes of a failed attempt, in a transaction of its own after the attempt's was rolled back.
 * @throws the error itself for "redeliver", so that the broker delivers again
 */
export async function recordFailure(
  pool: Pool,
  jobId: string,
  fence: number,
  startedAt: Date,
  failure: Failure,
  error: unknown,
): Promise<Outcome> {
  if (failure.next === "redeliver") throw error;
  if (failure.next === "lost") return { kind: "lost" };
  try {
    if (failure.next === "cancel") {
      const { rows } = await pool.query<{ done: boolean }>("select rowlock_private.cancel_held($1) as done", [
        jobId,
      ]);
      return { kind: rows[0]?.done === true ? "cancelled" : "lost" };
    }
    if (failure.next === "hand-back") {
      await pool.query("select rowlock_private.hand_back($1, $2)", [jobId, fence]);
      return { kind: "handed-back" };
    }
    const { code, message } = failure;
    const retryAt = failure.next === "fail" ? undefined : new Date(Date.now() + failure.delayMs);
    // In so many milliseconds by the database's clock: this machine's may be wrong.
    const retryIn = "rowlock_private.clock() + $6 * interval '1 millisecond'";
    await pool.query(`select rowlock_private.fail_job($1, $2, $3, $4, $5, ${retryIn}, $7)`, [
      jobId,
      fence,
      startedAt,
      code,
      message,
      failure.next === "fail" ? null : failure.delayMs,
      failure.next !== "snooze",
    ]);
    if (retryAt === undefined) return { kind: "failed", code, message, error };
    return { kind: failure.next === "snooze" ? "snoozed" : "retried", code, message, retryAt, error };
  } catch (raw) {
    const refusal = fromDatabase(raw);
    // Another delivery has ended or taken the job meanwhile: it decides.
    if (refusal instanceof RowlockError && refusal.code === "JOB_LOST") return { kind: "lost" };
    throw refusal;
  }
}
