import type { Pool } from "pg";
import type { Task } from "../define-task.ts";
import type { Outcome } from "./outcome.ts";
import { runLong } from "./run-long.ts";
import { runTransactional } from "./run-transactional.ts";

/**
 * Runs one delivery of a job: the same way for a worker, the stock graphile-worker, and `rowlock run-task`.
 * @param pool of the login rowlock_task
 * @param stopping aborts when the worker wants its jobs back
 * @throws only when the database or the way to it failed: the broker then delivers again
 */
export async function runJob(pool: Pool, jobId: string, task: Task, stopping: AbortSignal): Promise<Outcome> {
  const { definition } = task;
  return definition.kind === "long"
    ? await runLong(pool, jobId, definition, stopping)
    : await runTransactional(pool, jobId, definition, stopping);
}
