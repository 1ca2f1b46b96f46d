import type { Pool } from "pg";
import { fromDatabase, isInfrastructureError } from "../../sdk/index.ts";
import { openTenant } from "../../tenancy/index.ts";
import { noteChange } from "../changes.ts";
import type { TaskDefinition } from "../define-task.ts";
import { type Begun, beginBundleStatement, readBundle } from "./begin.ts";
import { endStatement } from "./bundle-end.ts";
import { classify } from "./classify.ts";
import { type Manner, mannerOf, NotThisWay, takeNote } from "./manner.ts";
import { type Outcome, recordFailure } from "./outcome.ts";
import { runInTurn } from "./run-in-turn.ts";
import { runOverlapping } from "./run-overlapping.ts";
import { runTransactional } from "./run-transactional.ts";

/**
 * Runs several jobs of one organization, user and task in one tenant transaction; all ends are written with one
 * statement. One that fails is undone alone. How that is done, a task shows by its jobs (`Manner`): from the quickest way
 * on, and if one does not do, nothing was done, and the bundle runs again in the next.
 * @returns how each delivery ended, by id
 * @throws only when the database or the way to it failed: nothing of the bundle happened
 */
export async function runBundle(
  pool: Pool,
  ids: readonly string[],
  definition: TaskDefinition,
  stopping: AbortSignal,
): Promise<Map<string, Outcome>> {
  for (;;) {
    const manner = mannerOf(definition.name);
    try {
      return await runOnce(pool, ids, definition, stopping, manner);
    } catch (error) {
      if (!(error instanceof NotThisWay)) throw error;
      takeNote(definition.name, error);
    }
  }
}

async function runOnce(
  pool: Pool,
  ids: readonly string[],
  definition: TaskDefinition,
  stopping: AbortSignal,
  manner: Manner,
): Promise<Map<string, Outcome>> {
  const tenant = await openTenant(pool, beginBundleStatement(ids, definition), {
    statementTimeoutMs: definition.timeoutMs,
  });
  const { begun, outcomes } = await tenant.entered
    .then((result) => readBundle(definition, result.rows))
    .catch(async (error: unknown) => {
      await tenant.rollback();
      throw fromDatabase(error);
    });
  const singly = async (jobs: readonly Begun[]) => {
    for (const { job } of jobs) {
      outcomes.set(job.id, await runTransactional(pool, job.id, definition, stopping));
    }
  };
  if (begun.length === 0) {
    await tenant.commit();
    return outcomes;
  }

  const ended =
    manner === "overlapping"
      ? await runOverlapping(tenant, begun, definition, stopping)
      : await runInTurn(tenant, begun, definition, stopping, manner === "alone");
  if ("cut" in ended) {
    // The handler may still be at it, so the connection was cut, and with it all that the others had done.
    const { cut, error, reason, startedAt } = ended;
    const others = begun.filter((one) => one !== cut);
    const failure = classify(error, reason, definition, cut.job);
    outcomes.set(cut.job.id, await recordFailure(pool, cut.job.id, cut.fence, startedAt, failure, error));
    if (!stopping.aborted) await singly(others);
    else {
      for (const { job, fence } of others) {
        outcomes.set(
          job.id,
          await recordFailure(pool, job.id, fence, startedAt, { next: "hand-back" }, error),
        );
      }
    }
    noteChanges(pool, begun);
    return outcomes;
  }

  try {
    await tenant.commit([endStatement(ended)]);
  } catch (error) {
    if (isInfrastructureError(error)) throw error;
    // What only the commit finds (a deferred constraint) cannot be laid at one job's door. Nothing was committed.
    await singly(begun);
    return outcomes;
  }
  noteChanges(pool, begun);
  for (const { job } of ended.done) outcomes.set(job.id, { kind: "succeeded" });
  for (const { job, outcome } of ended.failed) outcomes.set(job.id, outcome);
  for (const { job } of ended.unbegun) {
    outcomes.set(job.id, { kind: ended.stopping ? "handed-back" : "put-off" });
  }
  return outcomes;
}

function noteChanges(pool: Pool, jobs: readonly Begun[]): void {
  for (const { job } of jobs) noteChange(pool, job.organizationId, job.id);
}
