import type { Pool } from "pg";

/** Told at most so often: a notification for each job would make commits flush one by one. */
const everyMs = 100;
/** Of more jobs of an organization it is told that there are many. */
const mostNamed = 256;
/** What could not be told is told with the next; of so many organizations at most. */
const mostOrganizations = 10_000;

/** Changes of jobs that this process brought about and has not told yet. */
type Noted = {
  /** By organization; null: many. */
  jobs: Map<string, Set<string> | null>;
  timer: NodeJS.Timeout | undefined;
};

const notedBy = new WeakMap<Pool, Noted>();
const tellers = new WeakMap<Pool, Pool>();

/**
 * What is noted of `pool` goes out by `teller`, of the same login: while long transactions hold all of a worker's pool,
 * its changes are told all the same.
 */
export function tellThrough(pool: Pool, teller: Pool): void {
  tellers.set(pool, teller);
}

/**
 * Notes that a job of an organization has changed, for whoever watches; told within a tenth of a second, together with
 * others. Call it when the change is committed. Costs the job nothing, and can never fail it.
 * @param pool of the login rowlock_task or rowlock_api
 * @param jobId null: many, or nobody knows which
 */
export function noteChange(pool: Pool, organizationId: string, jobId: string | null): void {
  const noted = notedBy.get(pool) ?? { jobs: new Map<string, Set<string> | null>(), timer: undefined };
  notedBy.set(pool, noted);
  add(noted, organizationId, jobId);
  noted.timer ??= setTimeout(() => void tellChanges(pool), everyMs).unref();
}

/** Tells at once what is noted; a process that stops does so. Never rejects: what watches looks for itself as well. */
export async function tellChanges(pool: Pool): Promise<void> {
  const noted = notedBy.get(pool);
  if (noted === undefined || noted.jobs.size === 0) return;
  clearTimeout(noted.timer);
  const { jobs } = noted;
  notedBy.delete(pool);
  const organizations: string[] = [];
  const ids: (string | null)[] = [];
  for (const [organizationId, named] of jobs) {
    for (const id of named ?? [null]) {
      organizations.push(organizationId);
      ids.push(id);
    }
  }
  const teller = tellers.get(pool) ?? pool;
  await teller
    .query({
      name: "rowlock_tell",
      text: "select rowlock_private.tell_changes($1, $2)",
      values: [organizations, ids],
    })
    .catch(() => {
      // The database is away, or this process is at its end: then nobody will ask again.
      if (!teller.ending) for (const organizationId of jobs.keys()) noteChange(pool, organizationId, null);
    });
}

function add({ jobs }: Noted, organizationId: string, jobId: string | null): void {
  const named = jobs.get(organizationId);
  if (named === null || (named === undefined && jobs.size >= mostOrganizations)) return;
  if (jobId === null || (named !== undefined && named.size >= mostNamed)) jobs.set(organizationId, null);
  else if (named === undefined) jobs.set(organizationId, new Set([jobId]));
  else named.add(jobId);
}
