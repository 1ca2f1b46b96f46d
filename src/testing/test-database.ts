import type pg from "pg";
import { type Logins, standardChains } from "../db/index.ts";
import { type JobState, type MemberRole, readSettings } from "../sdk/index.ts";
import type { Member } from "../tenancy/index.ts";
import { taskDirectories } from "../worker/index.ts";
import { type TestClock, testClock } from "./clock.ts";
import { makeDatabase, type PoolName } from "./database/index.ts";
import { type DrainOptions, drain } from "./drain.ts";
import { actAs, makeOrganization, type TestMember } from "./member.ts";
import { readJobs, type TestJob } from "./read-jobs.ts";
import { startTestWorker, type TestWorker } from "./start-worker.ts";
import { type AnyTask, TestTasks } from "./tasks.ts";
import { type WaitOptions, waitForJob } from "./wait.ts";

export type TestDatabaseOptions = {
  /** Tasks, and folders of task files. Default: what a worker finds, in TASKS_DIR and, if it is on, the shipped application. */
  tasks?: readonly (AnyTask | string)[];
  /** Folder of your own migrations. Default: SQL_DIR, which is `sql` unless set. */
  sql?: string;
  /** Whether the shipped application, AI test runs, is there. Default: as ROWLOCK_EVALS says. */
  evals?: boolean;
};

/** A migrated database of the test's own, and what is done in it. */
export type TestDatabase = AsyncDisposable & {
  name: string;
  /** A URL for each login. */
  urls: Logins;
  /** The pool of a login, made at its first use; "owner": rowlock_owner, who sees the rows of all organizations. */
  pool(name: PoolName): pg.Pool;
  /** A new organization with a user of this role, by default its owner. */
  organization(options?: { role?: MemberRole }): Promise<TestMember>;
  /** Somebody who is a member already, by the tables of your application for example. */
  as(member: Member): TestMember;
  /** Adds tasks, or folders of task files; those of a name that is there take its place. */
  addTasks(...tasks: (AnyTask | string)[]): Promise<void>;
  clock: TestClock;
  /** Runs what is ready until nothing is, see `drain`. */
  drain(options?: DrainOptions): Promise<TestJob[]>;
  /** A job, whoever's it is. @throws RowlockError NOT_FOUND */
  job(id: string): Promise<TestJob>;
  /**
   * Waits until a job that a worker runs is in this state, or in one of these.
   * @throws RowlockError TEST_GAVE_UP as soon as it has ended otherwise, or after `timeoutMs`; it says what the job is instead
   */
  waitFor(id: string, state: JobState | readonly JobState[], options?: WaitOptions): Promise<TestJob>;
  /** A worker in this process, as `rowlock worker` runs it, with the tasks of this database. @param env settings by their names */
  startWorker(env?: Readonly<Record<string, string>>): Promise<TestWorker>;
  /** Stops what was started here, closes the pools and drops the database, whoever is connected. */
  drop(): Promise<void>;
};

/**
 * Makes a database of its own for a test file, from a template with all migrations: on the server of DATABASE_URL, else
 * on an embedded one that all test processes of a run share. Drop it in `after`, or declare it with `await using`.
 * @throws RowlockError DATABASE_UNAVAILABLE, MIGRATION_FAILED, INVALID_TASK_FILE
 */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const settings = readSettings();
  const { sql = settings.SQL_DIR, evals = settings.ROWLOCK_EVALS } = options;
  const db = await makeDatabase(standardChains({ ROWLOCK_EVALS: evals, SQL_DIR: sql }));
  const tasks = new TestTasks(db.pool("task"));
  const world = { db, tasks, thrown: new Map<string, unknown>() };
  const workers = new Set<TestWorker>();
  const drop = async () => {
    await Promise.allSettled([...workers].map((worker) => worker.stop()));
    await db.drop();
  };
  try {
    await tasks.add(options.tasks ?? taskDirectories({ ...settings, ROWLOCK_EVALS: evals }));
  } catch (error) {
    await drop();
    throw error;
  }
  return {
    name: db.name,
    urls: db.urls,
    pool: db.pool,
    organization: ({ role = "owner" } = {}) => makeOrganization(world, role),
    as: (member) => actAs(world, member),
    addTasks: (...added) => tasks.add(added),
    clock: testClock(db.pool("owner")),
    drain: (bounds = {}) => drain(world, bounds),
    job: async (id) => (await readJobs(db, [id], world.thrown))[0] as TestJob,
    waitFor: (id, state, { timeoutMs = 10_000 } = {}) => waitForJob(db, id, [state].flat(), timeoutMs),
    async startWorker(env = {}) {
      const chains = { ROWLOCK_EVALS: evals ? "on" : "off", SQL_DIR: sql };
      const worker = await startTestWorker(world, chains, env);
      workers.add(worker);
      return worker;
    },
    drop,
    [Symbol.asyncDispose]: drop,
  };
}
