import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";

/** Small: what is deleted in one transaction is held against others, and undone with it. */
const mostAtOnce = 1_000;
const lowest = "00000000-0000-0000-0000-000000000000";

/** Audit entries older than so many days. */
export async function forgetAudit(pool: Pool, days: number, stopping: AbortSignal): Promise<void> {
  const statement = "select rowlock_private.forget_audit(now() - $1 * interval '1 day', $2) as forgotten";
  while (!stopping.aborted) {
    const { rows } = await pool.query<{ forgotten: number }>(statement, [days, mostAtOnce]);
    if ((rows[0]?.forgotten ?? 0) < mostAtOnce) return;
  }
}

/** What launches with an idempotency key launched a day ago and before. */
export async function forgetLaunchRequests(pool: Pool, stopping: AbortSignal): Promise<void> {
  const statement = "select rowlock_private.forget_launch_requests($1) as forgotten";
  while (!stopping.aborted) {
    const { rows } = await pool.query<{ forgotten: number }>(statement, [mostAtOnce]);
    if ((rows[0]?.forgotten ?? 0) < mostAtOnce) return;
  }
}

/** An organization's jobs that were launched and had ended before a moment. @returns how many */
export async function forgetJobs(
  pool: Pool,
  organizationId: string,
  before: Date,
  stopping: AbortSignal,
): Promise<number> {
  let jobs = 0;
  let behind = lowest;
  await byHalf(stopping, async () => {
    const { rows } = await pool.query<{ jobs: number; last: string }>(
      "select * from rowlock_private.forget_jobs($1, $2, $3, $4)",
      [organizationId, before, behind, mostAtOnce],
    );
    const [done] = rows;
    jobs += done?.jobs ?? 0;
    behind = done?.last ?? behind;
    return done !== undefined;
  });
  return jobs;
}

/** What stands beside the jobs of dropped weeks in tables without weeks. */
export async function forgetLeftOver(pool: Pool, stopping: AbortSignal): Promise<void> {
  let behind = [lowest, lowest];
  await byHalf(stopping, async () => {
    const { rows } = await pool.query<{ organization_id: string; id: string }>(
      "select * from rowlock_private.forget_left_over($1, $2, $3)",
      [...behind, mostAtOnce],
    );
    const [done] = rows;
    if (done !== undefined) behind = [done.organization_id, done.id];
    return done !== undefined;
  });
}

/**
 * Repeats something until it says that there is no more. It may take half of one connection's time and not all of it:
 * nobody waits for this.
 */
async function byHalf(stopping: AbortSignal, work: () => Promise<boolean>): Promise<void> {
  while (!stopping.aborted) {
    const began = performance.now();
    if (!(await work())) return;
    await sleep(performance.now() - began, undefined, { signal: stopping }).catch(() => undefined);
  }
}
