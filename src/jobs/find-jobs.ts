import type { Job, JobState } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";
import { ask } from "./ask.ts";
import { readJobs } from "./find.ts";

/** What to look for: jobs that fit every condition given. */
export type FindJobs = {
  /** Is part of the payload, the result, the error message, the key or the progress note, in whatever case. */
  text?: string | undefined;
  states?: readonly JobState[] | undefined;
  tasks?: readonly string[] | undefined;
  key?: string | undefined;
  tag?: string | undefined;
  batchId?: string | undefined;
  errorFingerprint?: string | undefined;
  launchedAfter?: Date | undefined;
  launchedBefore?: Date | undefined;
  /** `next` of the page before. */
  before?: string | undefined;
  /** Page size, 1 to 100. */
  first: number;
};

/** Where a search has come to. */
export type Found = {
  /** Pass it as `before` to go on; null when all has been looked at. */
  next: string | null;
  /** All that was launched later has been looked at; null when all has been. */
  searchedTo: Date | null;
};

/** Ids of jobs of the claimed organization, newest first; bounded in time: it may end before the page is full. */
export async function findJobIds(tx: TenantTransaction, find: FindJobs): Promise<Found & { ids: string[] }> {
  const [row] = await ask<Found & { ids: string[] }>(
    tx,
    `select ids, next, searched_to as "searchedTo"
     from rowlock.find_job_ids($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      // Postgres stores none, so nothing has one: what is looked for is then found nowhere.
      find.text?.replaceAll("\0", "\u{fffd}") ?? null,
      find.states ?? null,
      find.tasks?.map(withoutNul) ?? null,
      find.key === undefined ? null : withoutNul(find.key),
      find.tag === undefined ? null : withoutNul(find.tag),
      find.batchId ?? null,
      find.errorFingerprint === undefined ? null : withoutNul(find.errorFingerprint),
      find.launchedAfter ?? null,
      find.launchedBefore ?? null,
      find.before ?? null,
      find.first,
    ],
  );
  return row ?? { ids: [], next: null, searchedTo: null };
}

/**
 * Jobs that fit every condition given, newest first, a page at a time. What no index serves is looked for in bounded time
 * (some 150 ms): a page may have fewer jobs than asked for, even none, and `next` goes on from there.
 */
export async function findJobs(tx: TenantTransaction, find: FindJobs): Promise<{ jobs: Job[] } & Found> {
  const { ids, ...found } = await findJobIds(tx, find);
  return { jobs: await readJobs(tx, ids), ...found };
}

const withoutNul = (text: string) => text.replaceAll("\0", "\u{fffd}");
