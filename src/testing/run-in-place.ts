import { type Outcome, runJob } from "../jobs/index.ts";
import { RowlockError } from "../sdk/index.ts";
import type { TestWorld } from "./world.ts";

/**
 * One attempt at a job, here and now, by the code that workers run.
 * @throws RowlockError UNKNOWN_TASK, CONFLICT when somebody else holds the job
 */
export async function runInPlace(
  { db, tasks, thrown }: TestWorld,
  id: string,
  name: string,
): Promise<Outcome> {
  const outcome = await runJob(db.pool("task"), id, tasks.get(name), new AbortController().signal);
  if (outcome.kind === "held") {
    throw new RowlockError(
      "CONFLICT",
      `The job ${id} of "${name}" is held by somebody else: by a worker, for which waitFor waits, or by a transaction that is still open. End that first.`,
    );
  }
  if ("error" in outcome) thrown.set(id, outcome.error);
  else thrown.delete(id);
  return outcome;
}
