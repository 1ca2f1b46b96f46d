import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import type { Logger } from "../log.ts";

/** Small: what is deleted in one transaction is held against others, and undone with it. */
const mostAtOnce = 1_000;
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

/**
 * Forgets what is over its time, now: whole weeks that are older than anything may be, then ended jobs of organizations
 * with a retention of their own.
 */
export async function forgetExpired(
  { pool, longestDays, auditDays, logger }: RetentionOptions,
  stopping: AbortSignal,
): Promise<{ periods: number; jobs: number }> {
  if (auditDays !== undefined) await forgetAudit(pool, auditDays, stopping);
  const longest = longestDays === undefined ? null : `${longestDays} days`;
  const forgotten = { periods: 0, jobs: 0 };
  while (longest !== null && !stopping.aborted) {
    const { rows } = await pool.query<{ week: string | null }>(
      "select rowlock_private.drop_period($1)::text as week",
      [longest],
    );
    const week = rows[0]?.week ?? null;
    if (week === null) break;
    logger.info(`Dropped the jobs of the week of ${week}`, { week });
    forgotten.periods += 1;
  }
  const { rows: organizations } = await pool.query<{ organization_id: string; before: Date }>(
    "select * from rowlock_private.retentions($1)",
    [longest],
  );
  for (const { organization_id: organizationId, before } of organizations) {
    const jobs = await forgetJobs(pool, organizationId, before, stopping);
    if (jobs > 0) logger.info(`Forgot ${jobs} ended jobs of an organization`, { organizationId, jobs });
    forgotten.jobs += jobs;
  }
  return forgotten;
}

async function forgetAudit(pool: Pool, days: number, stopping: AbortSignal): Promise<void> {
  const statement = "select rowlock_private.forget_audit(now() - $1 * interval '1 day', $2) as forgotten";
  while (!stopping.aborted) {
    const { rows } = await pool.query<{ forgotten: number }>(statement, [days, mostAtOnce]);
    if ((rows[0]?.forgotten ?? 0) < mostAtOnce) return;
  }
}

async function forgetJobs(pool: Pool, organizationId: string, before: Date, stopping: AbortSignal) {
  let jobs = 0;
  let behind = "00000000-0000-0000-0000-000000000000";
  while (!stopping.aborted) {
    const began = performance.now();
    const { rows } = await pool.query<{ jobs: number; last: string }>(
      "select * from rowlock_private.forget_jobs($1, $2, $3, $4)",
      [organizationId, before, behind, mostAtOnce],
    );
    const [done] = rows;
    if (done === undefined) break;
    jobs += done.jobs;
    behind = done.last;
    // It may take half of one connection's time and not all of it: nobody waits for this.
    await sleep(performance.now() - began, undefined, { signal: stopping }).catch(() => undefined);
  }
  return jobs;
}
