import type { Pool } from "pg";
import { type CatchUp, type DueSchedule, planTicks } from "./plan.ts";

/** Each of them is a savepoint: more of them in one transaction slow down everybody's snapshots. */
const atOnce = 50;

type DueRow = {
  organization_id: string | null;
  id: string;
  expression: string;
  time_zone: string;
  catch_up: CatchUp;
  next_at: Date | null;
  /** As the database has it, to the microsecond. */
  seen: string | null;
  now: Date;
};

/** What a schedule's tick came to; without an organization it is one of operators, whose jobs come from `fanOut`. */
export type Ticked = { organizationId: string; id: string; jobs: number; errorCode: string | null };

/**
 * Launches the jobs of all ticks that are due, and plans what is new. Any number of workers may do so at once: a tick
 * belongs to whoever moves its schedule on first.
 * @param pool of the login rowlock_task
 */
export async function runDueSchedules(pool: Pool): Promise<Ticked[]> {
  const ticked: Ticked[] = [];
  for (;;) {
    const { rows } = await pool.query<DueRow>(
      "select *, next_at::text as seen from rowlock_private.due_schedules($1)",
      [atOnce],
    );
    const tenants = rows.filter((row) => row.organization_id !== null);
    for (const row of rows) if (row.organization_id === null) await beginSystemTick(pool, row);
    if (tenants.length === 0) return ticked;
    const { rows: done } = await pool.query<Ticked>(
      `select organization_id as "organizationId", id, jobs, error_code as "errorCode" from rowlock_private.run_ticks($1)`,
      [JSON.stringify(tenants.map(planOf))],
    );
    ticked.push(...done);
    // Whoever was quicker goes on with the rest.
    if (done.length === 0 || tenants.length < atOnce) return ticked;
  }
}

/** Launches what operators' schedules have for every organization, a few at a time, until nothing is left. @returns how many it looked at */
export async function fanOut(pool: Pool, stopping: AbortSignal): Promise<number> {
  let organizations = 0;
  while (!stopping.aborted) {
    const { rows } = await pool.query<{ looked: number | null }>(
      "select rowlock_private.fan_out($1) as looked",
      [atOnce],
    );
    const looked = rows[0]?.looked ?? null;
    if (looked === null) break;
    organizations += looked;
  }
  return organizations;
}

async function beginSystemTick(pool: Pool, row: DueRow): Promise<void> {
  const { ticks, next, fault } = planTicks(toDue(row));
  const [at = null, second] = ticks;
  // One tick after the other: the next begins when every organization has the job of this one.
  await pool.query("select rowlock_private.begin_system_tick($1, $2, $3, $4, $5)", [
    row.id,
    row.seen,
    second ?? next,
    at,
    second === undefined ? (fault ?? null) : null,
  ]);
}

function planOf(row: DueRow) {
  const { ticks, next, fault } = planTicks(toDue(row));
  return { organization_id: row.organization_id, id: row.id, seen: row.seen, ticks, next, fault };
}

function toDue({
  expression,
  time_zone: timeZone,
  catch_up: catchUp,
  next_at: nextAt,
  now,
}: DueRow): DueSchedule {
  return { expression, timeZone, catchUp, nextAt, now };
}
