import { type Outcome, runJob, type Task } from "../../src/jobs/index.ts";
import type { JobState } from "../../src/sdk/index.ts";
import type { AnyTask } from "../../src/testing/tasks.ts";
import * as testing from "../../src/testing/wait.ts";
import type { TestDatabase } from "./database.ts";
import { withClient } from "./database.ts";

export type { AnyTask } from "../../src/testing/tasks.ts";

/** A job as the tables have it, whoever's it is. */
export type JobRow = {
  id: string;
  organizationId: string;
  state: JobState;
  attempt: number;
  fence: number | null;
  runAt: Date;
  priority: number;
  progress: number | null;
  progressNote: string | null;
  result: unknown;
  errorCode: string | null;
  errorMessage: string | null;
  task: string;
  payload: unknown;
  source: string;
  userId: string | null;
  parentId: string | null;
};

const jobSql = `
  select u.*, j.payload, j.source, j.user_id as "userId", j.parent_id as "parentId" from (
    select id, organization_id as "organizationId", state, attempt, fence, run_at as "runAt", priority, progress,
           progress_note as "progressNote", null::jsonb as result, null as "errorCode", null as "errorMessage", task
    from rowlock.live
    union all
    select id, organization_id, state, attempt, null, run_at, priority, null, null, result, error_code, error_message, task
    from rowlock.job_end) u
  join rowlock.job j on j.id = u.id`;

/** Every job, or those of these ids, in order of their launch. */
export async function jobRows(db: TestDatabase, ids?: readonly string[]): Promise<JobRow[]> {
  const where = ids === undefined ? "" : "where u.id = any($1)";
  const { rows } = await db
    .pool("admin")
    .query<JobRow>(`${jobSql} ${where} order by u.id`, ids === undefined ? [] : [ids]);
  return rows;
}

export async function jobRow(db: TestDatabase, id: string): Promise<JobRow> {
  const [row] = await jobRows(db, [id]);
  if (row === undefined) throw new Error(`There is no job ${id}.`);
  return row;
}

/** Waits until a worker has brought a job into the state; fails after `timeoutMs` and says what the job is instead. */
export async function waitForJob(
  db: TestDatabase,
  id: string,
  state: JobState,
  timeoutMs = 15_000,
): Promise<JobRow> {
  await db.waitFor(id, state, { timeoutMs });
  return await jobRow(db, id);
}

/** The first answer that fits, by asking often. */
export async function until<T>(
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
  timeoutMs = 15_000,
): Promise<T> {
  const describe = (answer: T) => `the last answer was ${JSON.stringify(answer).slice(0, 2_000)}`;
  return await testing.until(ask, fits, timeoutMs, describe);
}

export type BrokerRow = {
  id: string;
  task: string;
  payload: { job: string; jobs?: undefined } | { job?: undefined; jobs: string[] };
  attempts: number;
  lockedBy: string | null;
  runAt: Date;
  priority: number;
};

/** What the broker holds, in the order in which it would hand out. */
export async function brokerRows(db: TestDatabase): Promise<BrokerRow[]> {
  const { rows } = await db.pool("admin").query<BrokerRow>(`
    select j.id::text, t.identifier as task, j.payload, j.attempts, j.locked_by as "lockedBy", j.run_at as "runAt", j.priority
    from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    order by j.priority, j.run_at, j.id`);
  return rows;
}

/** Puts a delivery of a job into the broker, as if there had been one more. */
export async function redeliver(db: TestDatabase, id: string, task: string): Promise<void> {
  await db
    .pool("admin")
    .query("select graphile_worker.add_job($1, json_build_object('job', $2::text))", [task, id]);
}

/** Writes tasks into the catalogue, as a worker that has them does. */
export async function register(db: TestDatabase, ...tasks: AnyTask[]): Promise<void> {
  await db.addTasks(...tasks);
}

/** One delivery of a job, run here and now by the code that workers run. */
export async function deliver(
  db: TestDatabase,
  id: string,
  task: AnyTask,
  stopping: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  return await runJob(db.pool("task"), id, task as Task, stopping);
}

/** A tenant's table, `app.notes`, for tasks to write to. */
export async function createNotes(db: TestDatabase): Promise<void> {
  await withClient(db.urls.admin, async (client) => {
    await client.query(`
      create schema if not exists app authorization rowlock_owner;
      grant usage on schema app to rowlock_tenant;
      set role rowlock_owner;
      create table app.notes (
        organization_id uuid not null default rowlock.claimed_organization(),
        id uuid not null default rowlock.uuid7(),
        text text not null,
        by_user uuid default rowlock.claimed_user(),
        primary key (organization_id, id));
      select rowlock.protect_table('app.notes');
      grant select, insert, update, delete on app.notes to rowlock_tenant;`);
  });
}

/** The texts of all notes, sorted. */
export async function noteTexts(db: TestDatabase): Promise<string[]> {
  const { rows } = await db.pool("admin").query<{ text: string }>("select text from app.notes order by text");
  return rows.map((row) => row.text);
}
