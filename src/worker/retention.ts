import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import type { Logger } from "../log.ts";
import { forgetAudit, forgetJobs, forgetLaunchRequests, forgetLeftOver } from "./forget.ts";

const firstAfterMs = 60_000;
const everyMs = 60 * 60_000;

export type RetentionOptions = {
  /** Of the login rowlock_task. */
  pool: Pool;
  /** JOB_RETENTION_DAYS: no job of anybody is kept for longer. */
  longestDays: number | undefined;
  /** AUDIT_RETENTION_DAYS. */
  auditDays?: number | undefined;
  logger: Logger;
};

/** Forgets jobs every hour, until it is stopped. The first time soon: a worker may not live for an hour. */
export function startRetention(options: RetentionOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const forgetting = (async () => {
    for (let wait = firstAfterMs; ; wait = everyMs) {
      // Half of it by chance, so that workers that started together do not all come at once.
      const pause = wait * (0.5 + Math.random() / 2);
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await forgetExpired(options, stopping.signal).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        options.logger.warn(`Forgetting old jobs failed, and is tried again in an hour: ${message}`);
      });
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await forgetting;
    },
  };
}

export type Forgotten = {
  /** Weeks that were dropped. */
  periods: number;
  jobs: number;
  /** Weeks that were written anew. */
  packed: number;
};

/**
 * Forgets what is over its time, now: whole weeks that are older than anything may be or of which nothing is left, then
 * ended jobs of organizations with a retention of their own. Weeks that have lost most of their jobs are written anew.
 */
export async function forgetExpired(
  { pool, longestDays, auditDays, logger }: RetentionOptions,
  stopping: AbortSignal,
): Promise<Forgotten> {
  if (auditDays !== undefined) await forgetAudit(pool, auditDays, stopping);
  await forgetLaunchRequests(pool, stopping);
  const longest = longestDays === undefined ? null : `${longestDays} days`;
  const forgotten = { periods: 0, jobs: 0, packed: 0 };
  for await (const week of weeks(pool, "drop_period($1)", [longest], stopping)) {
    logger.info(`Dropped the jobs of the week of ${week}`, { week });
    forgotten.periods += 1;
  }
  if (forgotten.periods > 0) await forgetLeftOver(pool, stopping);
  const { rows: organizations } = await pool.query<{ organization_id: string; before: Date }>(
    "select * from rowlock_private.retentions($1)",
    [longest],
  );
  for (const { organization_id: organizationId, before } of organizations) {
    const jobs = await forgetJobs(pool, organizationId, before, stopping);
    if (jobs > 0) logger.info(`Forgot ${jobs} ended jobs of an organization`, { organizationId, jobs });
    forgotten.jobs += jobs;
  }
  for await (const week of weeks(pool, "pack_period()", [], stopping)) {
    logger.info(`Wrote what is left of the week of ${week} anew`, { week });
    forgotten.packed += 1;
  }
  return forgotten;
}

/** The weeks that a function takes, one a transaction, until it finds no more. */
async function* weeks(pool: Pool, call: string, values: unknown[], stopping: AbortSignal) {
  for (let last: string | undefined; !stopping.aborted; ) {
    const { rows } = await pool.query<{ week: string | null }>(
      `select rowlock_private.${call}::text as week`,
      values,
    );
    const week = rows[0]?.week ?? undefined;
    if (week === undefined || week === last) return;
    last = week;
    yield week;
  }
}
