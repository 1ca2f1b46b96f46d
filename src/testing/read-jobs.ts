import { findJob } from "../jobs/index.ts";
import { type Job, type JobState, RowlockError } from "../sdk/index.ts";
import { inTenant } from "../tenancy/index.ts";
import type { Database } from "./database/index.ts";

/** A job as its organization sees it. */
export type TestJob<Result = unknown> = Omit<Job, "result"> & {
  result: Result | null;
  organizationId: string;
  /** What the handler threw when the kit last ran the job; the job's own error does not show it to tenants. */
  thrown?: unknown;
};

/** The jobs of these ids, whoever's they are, in this order. @throws RowlockError NOT_FOUND */
export async function readJobs(
  db: Database,
  ids: readonly string[],
  thrown: ReadonlyMap<string, unknown>,
): Promise<TestJob[]> {
  const { rows } = await db
    .pool("owner")
    .query<{ organizationId: string; ids: string[] }>(
      `select organization_id as "organizationId", array_agg(id) as ids from rowlock.job where id = any($1) group by 1`,
      [ids],
    );
  const jobs = new Map<string, TestJob>();
  for (const { organizationId, ids: theirs } of rows) {
    const found = await inTenant(db.pool("task"), asViewer(organizationId), (tx) =>
      Promise.all(theirs.map((id) => findJob(tx, id))),
    );
    for (const job of found) {
      if (job === undefined) continue;
      const error = thrown.has(job.id) ? { thrown: thrown.get(job.id) } : {};
      jobs.set(job.id, { ...job, organizationId, ...error });
    }
  }
  return ids.map((id) => jobs.get(id) ?? notFound(id));
}

/** Undefined when there is no such job. */
export async function readState(db: Database, id: string): Promise<JobState | undefined> {
  const { rows } = await db
    .pool("owner")
    .query<{ state: JobState }>(
      "select state from rowlock.live where id = $1 union all select state from rowlock.job_end where id = $1",
      [id],
    );
  return rows[0]?.state;
}

export function notFound(id: string): never {
  throw new RowlockError(
    "NOT_FOUND",
    `There is no job ${id}. Was the transaction that launched it committed?`,
  );
}

/** Claims without a member behind them: those who may read the job may have left meanwhile. */
function asViewer(organizationId: string) {
  return {
    text: "select set_config('rowlock.organization_id', $1, true), set_config('rowlock.role', 'viewer', true)",
    values: [organizationId],
  };
}
