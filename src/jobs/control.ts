import type { Job, JobState } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";
import { ask } from "./ask.ts";
import { findJob } from "./find.ts";

/** Which jobs: those that fit every condition given. */
export type JobMatch = {
  /** Default: all in which the action is possible. */
  states?: readonly JobState[] | undefined;
  task?: string | undefined;
  key?: string | undefined;
  ids?: readonly string[] | undefined;
  launchedAfter?: Date | undefined;
  launchedBefore?: Date | undefined;
  errorCode?: string | undefined;
  batchId?: string | undefined;
  tag?: string | undefined;
  /** `Job.errorFingerprint` of failed and cancelled jobs. */
  errorFingerprint?: string | undefined;
};

/** What was done at once, and how many more at work were asked to stop. */
export type Acted = { jobs: number; asked: number };

/**
 * Cancels a job of the claimed organization. What has not begun is cancelled at once; one at work is told to stop, what
 * it wrote is rolled back, and it is cancelled about a second later.
 * @throws RowlockError NOT_FOUND; CONFLICT when it has ended; NOT_ALLOWED for a viewer
 */
export async function cancelJob(
  tx: TenantTransaction,
  id: string,
  reason?: string,
): Promise<Job | undefined> {
  await ask(tx, "select from rowlock.cancel_job($1, $2)", [id, reason?.replaceAll("\0", "") ?? null]);
  return await findJob(tx, id);
}

/**
 * Has a failed or cancelled job run again: the same job, its attempts counted anew.
 * @throws RowlockError NOT_FOUND; CONFLICT in any other state, or when an unfinished job has its key
 */
export async function retryJob(tx: TenantTransaction, id: string): Promise<Job | undefined> {
  await ask(tx, "select from rowlock.retry_job($1)", [id]);
  return await findJob(tx, id);
}

/** How many jobs match: asked before `cancelJobs` and `retryJobs`, whose `atMost` it is. */
export async function countMatchingJobs(tx: TenantTransaction, match: JobMatch): Promise<number> {
  const [row] = await ask<{ n: string }>(
    tx,
    "select rowlock.count_matching_jobs($1, $2, $3, $4, $5, $6, $9, $7, $8, $10) as n",
    [...conditions(match), match.errorCode ?? null, match.errorFingerprint ?? null],
  );
  return Number(row?.n ?? 0);
}

/**
 * Cancels all unfinished jobs that match, as `cancelJob` does.
 * @param atMost the number that was agreed to. @throws RowlockError CONFLICT when more match, and nothing is done
 */
export async function cancelJobs(
  tx: TenantTransaction,
  match: Omit<JobMatch, "errorCode" | "errorFingerprint">,
  atMost: number,
  reason?: string,
): Promise<Acted> {
  const sql = "select * from rowlock.cancel_jobs($10, $1, $2, $3, $4, $5, $6, $9, $7, $8)";
  const [row] = await ask<Acted>(tx, sql, [
    ...conditions(match),
    reason?.replaceAll("\0", "") ?? null,
    atMost,
  ]);
  return { jobs: row?.jobs ?? 0, asked: row?.asked ?? 0 };
}

/** Has all failed and cancelled jobs that match run again, as `retryJob` does. @throws as `cancelJobs` */
export async function retryJobs(tx: TenantTransaction, match: JobMatch, atMost: number): Promise<Acted> {
  const sql = "select * from rowlock.retry_jobs($10, $1, $2, $3, $4, $5, $6, $9, $7, $8, $11)";
  const [row] = await ask<Acted>(tx, sql, [
    ...conditions(match),
    match.errorCode ?? null,
    atMost,
    match.errorFingerprint ?? null,
  ]);
  return { jobs: row?.jobs ?? 0, asked: row?.asked ?? 0 };
}

const conditions = ({
  states,
  task,
  key,
  ids,
  launchedAfter,
  launchedBefore,
  batchId,
  tag,
}: JobMatch): unknown[] => [
  states ?? null,
  task ?? null,
  key ?? null,
  ids ?? null,
  launchedAfter ?? null,
  launchedBefore ?? null,
  batchId ?? null,
  tag ?? null,
];
