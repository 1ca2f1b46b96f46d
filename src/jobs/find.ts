import type { Job, JobState } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";
import { pageOf } from "./page.ts";

/** Jobs of the organization by their ids, newest first; of those that are not there, none. */
export async function readJobs(tx: TenantTransaction, ids: readonly string[]): Promise<Job[]> {
  if (ids.length === 0) return [];
  const { rows } = await tx.query<JobRow>(
    `select ${columns} from rowlock.jobs where id = any($1) order by id desc`,
    [ids],
  );
  return rows.map(toJob);
}

type JobRow = Omit<
  Job,
  "progress" | "error" | "createdAt" | "runAt" | "startedAt" | "finishedAt" | "deadline" | "cancelRequestedAt"
> & {
  fraction: number | null;
  note: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  createdAt: Date;
  runAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  deadline: Date | null;
  cancelRequestedAt: Date | null;
};

const columns = `
  id, task, state, payload, key, priority, attempt, max_attempts as "maxAttempts", progress as fraction,
  progress_note as note, result, error_code as "errorCode", error_message as "errorMessage", user_id as "userId",
  source, created_at as "createdAt", run_at as "runAt", started_at as "startedAt", finished_at as "finishedAt",
  batch_id as "batchId", deadline_at as deadline, cancel_requested_at as "cancelRequestedAt", tags,
  error_fingerprint as "errorFingerprint"`;

/** One job of the organization, undefined when there is none of this id. */
export async function findJob(tx: TenantTransaction, id: string): Promise<Job | undefined> {
  const { rows } = await tx.query<JobRow>(`select ${columns} from rowlock.jobs where id = $1`, [id]);
  return rows[0] === undefined ? undefined : toJob(rows[0]);
}

export type JobFilter = {
  state?: JobState | undefined;
  task?: string | undefined;
  key?: string | undefined;
  batchId?: string | undefined;
  /** Page size, 1 to 1,000. */
  first: number;
  /** The last id of the page before. */
  after?: string | undefined;
};

/** Jobs, newest first, a page at a time; `next` is what to pass as `after`, null on the last page. */
export async function listJobs(
  tx: TenantTransaction,
  filter: JobFilter,
): Promise<{ jobs: Job[]; next: string | null }> {
  // Only the conditions that apply: a catch-all (`$1 is null or …`) would hide the index from a prepared plan.
  const values: unknown[] = [];
  const asked = { state: filter.state, task: filter.task, key: filter.key, batch_id: filter.batchId };
  const conditions = Object.entries(asked).flatMap(([column, value]) => {
    if (value === undefined) return [];
    values.push(value);
    return [`${column} = $${values.length}`];
  });
  if (filter.after !== undefined) {
    values.push(filter.after);
    conditions.push(`id < $${values.length}`);
  }
  values.push(filter.first + 1);
  const where = conditions.length > 0 ? `where ${conditions.join(" and ")}` : "";
  const { rows } = await tx.query<JobRow>(
    `select ${columns} from rowlock.jobs ${where} order by id desc limit $${values.length}`,
    values,
  );
  const { page, next } = pageOf(rows, filter.first);
  return { jobs: page.map(toJob), next };
}

function toJob(row: JobRow): Job {
  const {
    fraction,
    note,
    errorCode,
    errorMessage,
    createdAt,
    runAt,
    startedAt,
    finishedAt,
    deadline,
    cancelRequestedAt,
    ...same
  } = row;
  return {
    ...same,
    progress: fraction === null ? null : { fraction, note },
    error: errorCode === null ? null : { code: errorCode, message: errorMessage ?? "" },
    createdAt: createdAt.toISOString(),
    runAt: runAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
    deadline: deadline?.toISOString() ?? null,
    cancelRequestedAt: cancelRequestedAt?.toISOString() ?? null,
  };
}
