import assert from "node:assert/strict";
import pg from "pg";
import { cancelJob, cancelJobs, countMatchingJobs, launchJob } from "../../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../../helpers/database.ts";
import { createNotes, jobRow, noteTexts, until, waitForJob } from "../../helpers/jobs.ts";
import { makeOrganization } from "../../helpers/organization.ts";
import { spawnWorker } from "../../helpers/worker.ts";

const many = 100_000;

/** Line 1: in a worker process, handlers that ignore their signal; then a filter over 100,000 waiting jobs. */
export async function cancelsAndDeadlines(): Promise<string> {
  const db = await createTestDatabase();
  try {
    await createNotes(db);
    const { member } = await makeOrganization(db, { role: "member" });
    const as = <T>(work: (tx: TenantTransaction) => Promise<T>) => withTenant(db.pool("api"), member, work);
    await using gate = await closeGate(db);
    await using worker = await spawnWorker(db, "rowlock");
    await until(
      () => db.pool("admin").query("select from rowlock.tasks where name = 'note'"),
      ({ rowCount }) => rowCount === 1,
      60_000,
    );
    const deaf = { gate: gate.number, deaf: true };

    const begins = async (text: string, options = {}) => {
      const id = await as((tx) => launchJob(tx, "note", { text, ...deaf }, options));
      await until(
        () => running(db),
        (count) => count > 0,
      );
      return id;
    };
    const cancelled = await begins("cancelled");
    let began = performance.now();
    await as((tx) => cancelJob(tx, cancelled));
    const answeredMs = performance.now() - began;
    await waitForJob(db, cancelled, "cancelled");
    const cancelledMs = performance.now() - began;

    const deadline = new Date(Date.now() + 700);
    const overdue = await begins("overdue", { deadline });
    const { errorCode } = await waitForJob(db, overdue, "failed");
    const lateMs = Date.now() - deadline.getTime();
    await gate[Symbol.asyncDispose]();
    await worker.end("SIGTERM");
    assert.deepEqual(await noteTexts(db), []);
    assert.equal(errorCode, "DEADLINE_EXCEEDED");

    await as(async (tx) => {
      await tx.query(
        "select count(*) from rowlock.launch_jobs('note', array_fill($1::jsonb, array[$2::int]))",
        [{ text: "never" }, many],
      );
    });
    const match = { task: "note", states: ["waiting"] as const };
    began = performance.now();
    const told = await as((tx) => countMatchingJobs(tx, match));
    const toldMs = performance.now() - began;
    const done = await as((tx) => cancelJobs(tx, match, told));
    const allMs = performance.now() - began;
    assert.deepEqual([told, done], [many, { jobs: many, asked: 0 }]);
    assert.equal((await jobRow(db, cancelled)).state, "cancelled");
    assert.equal(await as((tx) => countMatchingJobs(tx, match)), 0);

    const figures = `cancel answered in ${answeredMs.toFixed(0)} ms, over in ${cancelledMs.toFixed(0)} ms; failed ${lateMs} ms after its deadline; no write left; ${many} counted in ${toldMs.toFixed(0)} ms, cancelled in ${(allMs / 1_000).toFixed(1)} s`;
    assert.ok(answeredMs < 1_000 && cancelledMs < 2_000, figures);
    assert.ok(lateMs < 1_000, figures);
    assert.ok(allMs < 10_000, figures);
    return figures;
  } finally {
    await db.drop();
  }
}

/** Handlers wait while this lock is held. */
async function closeGate(db: TestDatabase): Promise<AsyncDisposable & { number: number }> {
  const number = 4_711;
  const client = new pg.Client({ connectionString: db.urls.admin });
  await client.connect();
  await client.query("select pg_advisory_lock($1)", [number]);
  let open: Promise<void> | undefined;
  const dispose = () => {
    open ??= client.end();
    return open;
  };
  return { number, [Symbol.asyncDispose]: dispose };
}

/** Transactions of tasks that are at it. */
async function running(db: TestDatabase): Promise<number> {
  const { rows } = await db.pool("admin").query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity
     where datname = current_database() and application_name = 'rowlock-task' and query like '%pg_try_advisory%'
       and state <> 'idle'`,
  );
  return rows[0]?.n ?? 0;
}
