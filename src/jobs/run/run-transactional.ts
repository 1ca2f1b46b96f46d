import type { Pool } from "pg";
import { fromDatabase, isInfrastructureError, RowlockError } from "../../sdk/index.ts";
import { openTenant } from "../../tenancy/index.ts";
import type { TaskDefinition } from "../define-task.ts";
import { launchFromTask } from "../launch.ts";
import { startAttempt } from "./attempt.ts";
import { beginStatement, readBegun } from "./begin.ts";
import { classify } from "./classify.ts";
import { type Outcome, recordFailure } from "./outcome.ts";
import { encodeResult, parsePayload } from "./payload.ts";

/**
 * Runs a transactional job: begin, handler, finish in one transaction. Two round trips beside the handler's own:
 * BEGIN with claims and role; finish with COMMIT.
 */
export async function runTransactional(
  pool: Pool,
  jobId: string,
  definition: TaskDefinition,
  stopping: AbortSignal,
): Promise<Outcome> {
  const startedAt = new Date();
  const tenant = await openTenant(pool, beginStatement(jobId, definition), {
    statementTimeoutMs: definition.timeoutMs,
  });
  const begun = await tenant.entered
    .then((result) => readBegun(jobId, definition, result.rows[0]))
    .catch(async (error: unknown) => {
      await tenant.rollback();
      throw fromDatabase(error);
    });
  if ("verdict" in begun) {
    await tenant.commit();
    return { kind: begun.verdict };
  }

  using attempt = startAttempt(definition.timeoutMs, stopping);
  let result: string | null;
  try {
    const payload = await parsePayload(definition, begun.payload);
    const returned = await attempt.bound(
      definition.run(payload, {
        job: begun.job,
        tx: tenant.tx,
        signal: attempt.signal,
        launch: (task, input, options) => launchFromTask(tenant.tx, task, input, options),
      }),
    );
    attempt.signal.throwIfAborted();
    result = await encodeResult(definition, returned);
  } catch (error) {
    // A handler that was told to stop may still be at it: cutting the connection makes sure it writes nothing.
    if (attempt.reason() === undefined) await tenant.rollback();
    else tenant.destroy();
    const failure = classify(error, attempt.reason(), definition, begun.job);
    return await recordFailure(pool, jobId, begun.fence, startedAt, failure, error);
  }

  // Outside the handler's try: a commit that fails is not a handler that failed.
  try {
    await tenant.commit([
      {
        name: "rowlock_finish",
        text: "select rowlock_private.finish_job($1, $2, $3)",
        values: [jobId, begun.fence, result],
      },
    ]);
    return { kind: "succeeded" };
  } catch (error) {
    // Nothing was committed, or nobody knows: redelivery finds out. Only what the database says of the task's own
    // statements (a deferred constraint, a swallowed error) is the task's failure.
    if (isInfrastructureError(error)) throw error;
    if (error instanceof RowlockError && error.code === "JOB_LOST") return { kind: "lost" };
    const failure = classify(error, undefined, definition, begun.job);
    return await recordFailure(pool, jobId, begun.fence, startedAt, failure, error);
  }
}
