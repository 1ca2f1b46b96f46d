import type { Pool } from "pg";
import { fromDatabase, isInfrastructureError, RowlockError } from "../../sdk/index.ts";
import { type OpenTenant, openTenant, type Statement, type TenantOptions } from "../../tenancy/index.ts";
import { noteChange } from "../changes.ts";
import type { TaskDefinition } from "../define-task.ts";
import { launchFromTask } from "../launch.ts";
import { startAttempt } from "./attempt.ts";
import { type Begun, beginStatement, readBegun } from "./begin.ts";
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
  return await new Relay(pool, definition, stopping).run(jobId);
}

/**
 * Runs transactional jobs one after the other, each in its own transaction; the end of one and the beginning of the next
 * share a round trip. Whoever is done with it calls `leave`.
 */
export class Relay {
  readonly #pool: Pool;
  readonly #definition: TaskDefinition;
  readonly #stopping: AbortSignal;
  #next: { jobId: string; tenant: OpenTenant } | undefined;

  constructor(pool: Pool, definition: TaskDefinition, stopping: AbortSignal) {
    this.#pool = pool;
    this.#definition = definition;
    this.#stopping = stopping;
  }

  /** @param following the job to be begun when this one is ended, asked for then */
  async run(jobId: string, following: () => string | undefined = () => undefined): Promise<Outcome> {
    const definition = this.#definition;
    const startedAt = new Date();
    const tenant = await this.#take(jobId);
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

    try {
      return await this.#runBegun(begun, tenant, following, startedAt);
    } finally {
      noteChange(this.#pool, begun.job.organizationId, jobId);
    }
  }

  async #runBegun(
    begun: Begun,
    tenant: OpenTenant,
    following: () => string | undefined,
    startedAt: Date,
  ): Promise<Outcome> {
    const definition = this.#definition;
    const { id: jobId } = begun.job;
    using attempt = startAttempt(begun, definition.timeoutMs, this.#stopping);
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
      return await recordFailure(this.#pool, jobId, begun.fence, startedAt, failure, error);
    }

    // Outside the handler's try: a commit that fails is not a handler that failed.
    try {
      await this.#commit(tenant, following, [
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
      // Its connection is needed: were all hands to keep theirs, none could write down that it failed.
      await this.leave();
      const failure = classify(error, undefined, definition, begun.job);
      return await recordFailure(this.#pool, jobId, begun.fence, startedAt, failure, error);
    }
  }

  /** Gives back what was begun for a job that is not to run now. */
  async leave(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    await next?.tenant.rollback();
  }

  async #take(jobId: string): Promise<OpenTenant> {
    if (this.#next?.jobId === jobId) {
      const { tenant } = this.#next;
      this.#next = undefined;
      return tenant;
    }
    await this.leave();
    return await openTenant(this.#pool, beginStatement(jobId, this.#definition), this.#options);
  }

  #commit(tenant: OpenTenant, following: () => string | undefined, closing: Statement[]): Promise<void> {
    const jobId = following();
    if (jobId === undefined) return tenant.commit(closing);
    const { committed, next } = tenant.commitAndEnter(
      closing,
      beginStatement(jobId, this.#definition),
      this.#options,
    );
    this.#next = { jobId, tenant: next };
    return committed;
  }

  get #options(): TenantOptions {
    return { statementTimeoutMs: this.#definition.timeoutMs };
  }
}
