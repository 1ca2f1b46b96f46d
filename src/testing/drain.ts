import { fanOut, runDueSchedules } from "../jobs/index.ts";
import { RowlockError } from "../sdk/index.ts";
import { readJobs, type TestJob } from "./read-jobs.ts";
import { runInPlace } from "./run-in-place.ts";
import type { TestWorld } from "./world.ts";

export type DrainOptions = {
  /** Most attempts. Default 1,000. */
  atMost?: number;
};

const all = 1_000_000;

/**
 * Runs whatever is ready, one job after the other, and what that launches and lets go, until nothing is ready by the
 * database's clock. What is due later stays.
 * @returns the jobs that ended by it, in that order
 * @throws RowlockError TEST_GAVE_UP after `atMost` attempts; UNKNOWN_TASK; CONFLICT when a worker is at it too
 */
export async function drain(world: TestWorld, { atMost = 1_000 }: DrainOptions): Promise<TestJob[]> {
  const { db, thrown } = world;
  const owner = db.pool("owner");
  const { rows: clock } = await owner.query<{ now: string }>("select clock_timestamp()::text as now");
  await keep(world);
  for (let attempts = 0; ; attempts += 1) {
    let job = await nextReady(world);
    if (job === undefined) {
      await keep(world);
      job = await nextReady(world);
    }
    if (job === undefined) break;
    if (attempts >= atMost) {
      throw new RowlockError(
        "TEST_GAVE_UP",
        `${attempts} attempts were made, and "${job.task}" (${job.id}) is ready again. Does it launch itself for ever? If not, drain({ atMost }) takes a higher number.`,
      );
    }
    await runInPlace(world, job.id, job.task);
  }
  const { rows } = await owner.query<{ id: string }>(
    "select id from rowlock.job_end where finished_at >= $1::timestamptz order by finished_at, id",
    [clock[0]?.now],
  );
  return await readJobs(
    db,
    rows.map((row) => row.id),
    thrown,
  );
}

/** In a worker's order; a pause holds here as it does there. */
async function nextReady({ db }: TestWorld): Promise<{ id: string; task: string } | undefined> {
  const { rows } = await db.pool("owner").query<{ id: string; task: string }>(`
    select l.id, l.task from rowlock.live l
    where l.state = 'queued' or l.state = 'waiting'
      and not exists (select from rowlock.policies p where p.organization_id = l.organization_id and p.paused)
      and not exists (select from rowlock.task_policies p where p.task = l.task and p.paused)
      and not exists (
        select from rowlock.pauses p where p.organization_id = l.organization_id and p.task in ('', l.task))
    order by l.priority, l.run_at, l.id limit 1`);
  return rows[0];
}

/** What keepers and dispatchers do of themselves: deadlines, dependencies, schedules, what is due. */
async function keep({ db }: TestWorld): Promise<void> {
  const task = db.pool("task");
  await task.query("select rowlock_private.fail_overdue_jobs($1), rowlock_private.unblock_unmarked($1)", [
    all,
  ]);
  await runDueSchedules(task);
  await fanOut(task, new AbortController().signal);
  await task.query("select count(*) from rowlock_private.make_due(null, $1)", [all]);
}
