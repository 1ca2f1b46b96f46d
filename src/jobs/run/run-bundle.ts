import type { Pool } from "pg";
import { fromDatabase, isInfrastructureError } from "../../sdk/index.ts";
import { type OpenTenant, openTenant } from "../../tenancy/index.ts";
import type { TaskDefinition } from "../define-task.ts";
import { launchFromTask } from "../launch.ts";
import { startAttempt } from "./attempt.ts";
import { type Begun, beginBundleStatement, readBundle } from "./begin.ts";
import { type Ended, endStatement } from "./bundle-end.ts";
import { classify } from "./classify.ts";
import { type Outcome, recordFailure } from "./outcome.ts";
import { encodeResult, parsePayload } from "./payload.ts";
import { runTransactional } from "./run-transactional.ts";

/** What has not begun by then waits for another turn: a bundle holds a hand and a transaction. */
const budgetMs = 100;

/** After one that failed so many bundles of its task take savepoints: failures come in company. */
const carefulBundles = 20;
/** Bundles of a task that are still to take savepoints. */
const careful = new Map<string, number>();

/**
 * Runs several jobs of one organization, user and task in one tenant transaction; all ends are written with one
 * statement. One that fails is undone alone: at first without savepoints, which cost each job two statements; if one
 * fails, nothing was done, and the bundle runs again with a savepoint each.
 * @returns how each delivery ended, by id
 * @throws only when the database or the way to it failed: nothing of the bundle happened
 */
export async function runBundle(
  pool: Pool,
  ids: readonly string[],
  definition: TaskDefinition,
  stopping: AbortSignal,
): Promise<Map<string, Outcome>> {
  const left = careful.get(definition.name) ?? 0;
  if (left > 0) {
    careful.set(definition.name, left - 1);
    return await runOnce(pool, ids, definition, stopping, true);
  }
  try {
    return await runOnce(pool, ids, definition, stopping, false);
  } catch (error) {
    if (error !== oneFailed) throw error;
    careful.set(definition.name, carefulBundles);
    return await runOnce(pool, ids, definition, stopping, true);
  }
}

/** What a bundle without savepoints ends with when one of its jobs failed; rolled back. */
const oneFailed = new Error("A job of a bundle without savepoints failed.");

async function runOnce(
  pool: Pool,
  ids: readonly string[],
  definition: TaskDefinition,
  stopping: AbortSignal,
  alone: boolean,
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

  const ended = await runAll(tenant, begun, definition, stopping, alone);
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
  for (const { job } of ended.done) outcomes.set(job.id, { kind: "succeeded" });
  for (const { job, outcome } of ended.failed) outcomes.set(job.id, outcome);
  for (const { job } of ended.unbegun) {
    outcomes.set(job.id, { kind: ended.stopping ? "handed-back" : "put-off" });
  }
  return outcomes;
}

type Cut = { cut: Begun; error: unknown; reason: "overdue" | "stopping"; startedAt: Date };

/** One handler after the other, each in a part of the transaction. @throws what means "deliver again", rolled back */
async function runAll(
  tenant: OpenTenant,
  begun: readonly Begun[],
  definition: TaskDefinition,
  stopping: AbortSignal,
  alone: boolean,
): Promise<Ended | Cut> {
  const ended: Ended = { done: [], failed: [], unbegun: [], stopping: false };
  const until = performance.now() + budgetMs;
  for (const [index, one] of begun.entries()) {
    if (stopping.aborted || (index > 0 && performance.now() > until)) {
      ended.unbegun = begun.slice(index);
      ended.stopping = stopping.aborted;
      return ended;
    }
    const { job } = one;
    const startedAt = new Date();
    const part = tenant.part(job.id, alone);
    using attempt = startAttempt(definition.timeoutMs, stopping);
    try {
      const payload = await parsePayload(definition, one.payload);
      const returned = await attempt.bound(
        definition.run(payload, {
          job,
          tx: part.tx,
          signal: attempt.signal,
          launch: (task, input, options) => launchFromTask(part.tx, task, input, options),
        }),
      );
      attempt.signal.throwIfAborted();
      const result = await encodeResult(definition, returned);
      await part.keep();
      ended.done.push({ job, startedAt, result });
    } catch (error) {
      const reason = attempt.reason();
      if (reason !== undefined) {
        tenant.destroy();
        return { cut: one, error, reason, startedAt };
      }
      const failure = classify(error, undefined, definition, job);
      if (failure.next === "redeliver") {
        await tenant.rollback();
        throw error;
      }
      if (!alone) {
        await tenant.rollback();
        throw oneFailed;
      }
      part.undo();
      ended.failed.push(failedPart(one, startedAt, failure, error));
    }
  }
  return ended;
}

function failedPart(
  { job, fence }: Begun,
  startedAt: Date,
  failure: Exclude<ReturnType<typeof classify>, { next: "redeliver" }>,
  error: unknown,
): Ended["failed"][number] {
  if (failure.next === "lost" || failure.next === "hand-back") {
    return { job, fence, startedAt, outcome: { kind: "lost" }, written: undefined };
  }
  const { code, message } = failure;
  if (failure.next === "fail") {
    const written = { code, message, retryInMs: null, counts: true };
    return { job, fence, startedAt, outcome: { kind: "failed", code, message, error }, written };
  }
  const retryAt = new Date(Date.now() + failure.delayMs);
  const kind = failure.next === "snooze" ? "snoozed" : "retried";
  const written = { code, message, retryInMs: failure.delayMs, counts: kind === "retried" };
  return { job, fence, startedAt, outcome: { kind, code, message, retryAt, error }, written };
}
