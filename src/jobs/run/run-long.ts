import type { Pool } from "pg";
import { fromDatabase, RowlockError } from "../../sdk/index.ts";
import { inTenant, type Statement, type TenantTransaction } from "../../tenancy/index.ts";
import { noteChange } from "../changes.ts";
import type { LongContext } from "../context.ts";
import type { TaskDefinition } from "../define-task.ts";
import { Finish } from "../finish.ts";
import { launchFromTask } from "../launch.ts";
import { type Attempt, startAttempt } from "./attempt.ts";
import { type Begun, beginStatement, readBegun } from "./begin.ts";
import { classify } from "./classify.ts";
import { type Outcome, recordFailure } from "./outcome.ts";
import { encodeResult, parsePayload } from "./payload.ts";
import { Progress } from "./progress.ts";
import { Steps } from "./steps.ts";

const longestStatementMs = 60_000;

/**
 * Runs a long job: it is marked running and fenced, the handler holds no connection, the end is a statement of its own or
 * part of the handler's last transaction.
 */
export async function runLong(
  pool: Pool,
  jobId: string,
  definition: TaskDefinition,
  stopping: AbortSignal,
): Promise<Outcome> {
  const startedAt = new Date();
  const { rows } = await pool.query(beginStatement(jobId, definition));
  const begun = readBegun(jobId, definition, rows[0]);
  if ("verdict" in begun) return { kind: begun.verdict };

  const { id, organizationId } = begun.job;
  noteChange(pool, organizationId, id);
  try {
    return await runBegun(pool, begun, definition, stopping, startedAt);
  } finally {
    noteChange(pool, organizationId, id);
  }
}

async function runBegun(
  pool: Pool,
  begun: Begun,
  definition: TaskDefinition,
  stopping: AbortSignal,
  startedAt: Date,
): Promise<Outcome> {
  const { id: jobId } = begun.job;
  using attempt = startAttempt(begun, definition.timeoutMs, stopping);
  const progress = new Progress(pool, begun);
  let result: string | null;
  try {
    const payload = await parsePayload(definition, begun.payload);
    const returned = await attempt.bound(
      definition.run(payload, longContext(pool, begun, attempt, progress)),
    );
    progress.stop();
    attempt.signal.throwIfAborted();
    if (returned instanceof Finish) {
      await attempt.bound(finishWith(pool, begun, attempt, definition, returned));
      return { kind: "succeeded" };
    }
    result = await encodeResult(definition, returned);
  } catch (error) {
    progress.stop();
    // Its open transactions hold the job's row; what is written from here on is the failure.
    attempt.cutOff();
    const failure = classify(error, attempt.reason(), definition, begun.job);
    return await recordFailure(pool, jobId, begun.fence, startedAt, failure, error);
  }
  try {
    await pool.query(finishStatement(begun, result));
    return { kind: "succeeded" };
  } catch (raw) {
    const error = fromDatabase(raw);
    if (error instanceof RowlockError && error.code === "JOB_LOST") return { kind: "lost" };
    if (error instanceof RowlockError && error.code === "CANCELLED") {
      return await recordFailure(pool, jobId, begun.fence, startedAt, { next: "cancel" }, error);
    }
    throw error;
  }
}

function finishStatement({ job, fence }: Begun, result: string | null): Statement {
  return {
    name: "rowlock_finish",
    text: "select rowlock_private.finish_job($1, $2, $3)",
    values: [job.id, fence, result],
  };
}

function resumeStatement({ job, fence }: Begun): Statement {
  return {
    name: "rowlock_resume",
    text: "select rowlock_private.resume_job($1, $2)",
    values: [job.id, fence],
  };
}

/** The handler's last transaction and the job's end, committed together. */
async function finishWith(
  pool: Pool,
  begun: Begun,
  attempt: Attempt,
  definition: TaskDefinition,
  { work }: Finish<unknown>,
): Promise<void> {
  await inTenant(
    pool,
    resumeStatement(begun),
    async (tx) => await encodeResult(definition, await work(tx)),
    { statementTimeoutMs: longestStatementMs, cut: attempt.cut },
    (result) => [finishStatement(begun, result)],
  );
}

function longContext(pool: Pool, begun: Begun, attempt: Attempt, progress: Progress): LongContext {
  const { job } = begun;
  const steps = new Steps(pool, begun, attempt.signal);
  const resume = resumeStatement(begun);
  const transaction = async <T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> => {
    attempt.signal.throwIfAborted();
    return await inTenant(pool, resume, work, {
      statementTimeoutMs: longestStatementMs,
      cut: attempt.cut,
    });
  };
  return {
    job,
    signal: attempt.signal,
    transaction,
    finish: (work) => new Finish(work),
    step: (name, work) => steps.step(name, work),
    sleep: (name, until) => steps.sleep(name, until),
    launch: (task, payload, options) => transaction((tx) => launchFromTask(tx, task, payload, options)),
    progress: (fraction, note) => progress.report(fraction, note),
  };
}
