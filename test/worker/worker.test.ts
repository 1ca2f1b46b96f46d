import assert from "node:assert/strict";

import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launchJob, launchJobs } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { startWorker } from "../../src/worker/index.ts";
import {
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
  testLogger,
} from "../helpers/database.ts";
import { jobsOf } from "../helpers/dispatcher.ts";
import {
  brokerRows,
  createNotes,
  jobRow,
  jobRows,
  noteTexts,
  redeliver,
  until,
  waitForJob,
} from "../helpers/jobs.ts";
import { makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { spawnWorker, startTestWorker, workerSettings } from "../helpers/worker.ts";

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  org = await makeOrganization(db);
});
after(() => db.drop());

const launch = (task: string, payload: unknown) =>
  withTenant(db.pool("api"), org.member, (tx) => launchJob(tx, task, payload));

test("a worker writes its tasks into the catalogue and runs both kinds", async () => {
  await using worker = await startTestWorker(db);
  assert.deepEqual(worker.tasks.toSorted(), ["kill", "nested/long-note", "note"]);
  const ids = [await launch("note", { text: "short" }), await launch("nested/long-note", { text: "long" })];
  for (const id of ids) assert.deepEqual((await waitForJob(db, id, "succeeded")).result, { attempt: 1 });
  assert.deepEqual(await noteTexts(db), ["long", "short"]);
  await until(
    () => brokerRows(db),
    (rows) => rows.length === 0,
  );
});

test("a worker refuses an unsafe login, an old database and bad task files before it takes a job", async () => {
  const refused = (env: Record<string, string>, code: string) =>
    assert.rejects(startWorker(workerSettings(db, env), testLogger), { code });
  await refused({ TASK_DATABASE_URL: db.urls.admin }, "UNSAFE_LOGIN");
  await refused({ TASKS_DIR: join(import.meta.dirname, "fixtures/bad-tasks") }, "INVALID_TASK_FILE");
  await using empty = await createEmptyDatabase();
  await assert.rejects(startWorker(workerSettings(empty), testLogger), /migrate|permission|schema/i);
});

/** A port that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("health is told on a port, and is false once the worker no longer asks though it has free hands", async (t) => {
  const port = await freePort();
  const worker = await startTestWorker(db, { WORKER_HEALTH_PORT: String(port), WORKER_CONCURRENCY: "1" });
  // One that is left behind takes the jobs of the tests after it.
  t.after(() => worker.stop());
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    return [response.status, ((await response.json()) as { running: number }).running];
  };
  await until(ask, ([status]) => status === 200);
  const holder = await db.pool("admin").connect();
  await holder.query("select pg_advisory_lock(4)");
  const ids = [await launch("note", { text: "busy", gate: 4 }), await launch("note", { text: "next" })];
  await until(ask, ([, running]) => running === 1);
  // Sixteen seconds without a poll: no fault of a worker whose hands are full.
  const { now } = performance;
  const later = () => now.call(performance) + 16_000;
  const healthyLater = () => {
    const inSixteenSeconds = t.mock.method(performance, "now", later);
    const { healthy } = worker.health();
    inSixteenSeconds.mock.restore();
    return healthy;
  };
  // A delivery may be put back before the one that is at work.
  await until(
    async () => healthyLater(),
    (healthy) => healthy,
  );
  await holder.query("select pg_advisory_unlock(4)");
  holder.release();
  for (const id of ids) await waitForJob(db, id, "succeeded");
  await worker.stop();
  await assert.rejects(ask());
  t.mock.method(performance, "now", later);
  assert.equal(worker.health().healthy, false);
});

test("a worker that stops leaves jobs it fetched and has not begun to others at once", async () => {
  const worker = await startTestWorker(db, {
    WORKER_CONCURRENCY: "1",
    WORKER_PREFETCH_MS: "10000",
    WORKER_SHUTDOWN_GRACE_MS: "100",
  });
  const holder = await db.pool("admin").connect();
  await holder.query("select pg_advisory_lock(5)");
  const ids = await withTenant(db.pool("api"), org.member, (tx) =>
    launchJobs(
      tx,
      "note",
      Array.from({ length: 8 }, (_, n) => ({ text: `fetched ${n}`, gate: 5 })),
    ),
  );
  await until(
    () => brokerRows(db),
    (rows) => rows.filter((row) => row.lockedBy !== null).length > 1,
  );
  await worker.stop();
  assert.deepEqual(
    (await brokerRows(db)).filter((row) => row.lockedBy !== null),
    [],
  );
  // Whether a launch or the dispatcher hands over depends on how busy the fleet was: queued or waiting.
  const left = (await jobRows(db, ids)).filter(
    ({ state, attempt }) => attempt === 0 && (state === "queued" || state === "waiting"),
  );
  assert.equal(left.length, ids.length, JSON.stringify(left));
  await holder.query("select pg_advisory_unlock(5)");
  holder.release();
  await using _next = await startTestWorker(db);
  for (const id of ids) await waitForJob(db, id, "succeeded");
});

test("a worker killed right after the commit leaves one effect, though the job is delivered again", async () => {
  const holder = await db.pool("admin").connect();
  await holder.query("select pg_advisory_lock(6)");
  const worker = spawnWorker(db, "rowlock");
  await using _killed = worker;
  const id = await launch("note", { text: "killed after commit", gate: 6 });
  const [row] = await until(
    async () =>
      (await brokerRows(db)).filter((broker) => broker.payload.job === id && broker.lockedBy !== null),
    (rows) => rows.length === 1,
  );
  // With its row locked, the worker cannot complete the delivery: it commits the job and is killed before.
  await holder.query("begin");
  await holder.query("select from graphile_worker._private_jobs where id = $1 for update", [row?.id]);
  await holder.query("select pg_advisory_unlock(6)");
  await waitForJob(db, id, "succeeded");
  await worker.end("SIGKILL");
  await holder.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and usename = 'rowlock_broker'`,
  );
  await holder.query("rollback");
  holder.release();
  const left = (await brokerRows(db)).filter((broker) => broker.payload.job === id);
  assert.equal(left.length, 1, "the delivery is still there");
  await db.pool("admin").query("select graphile_worker.force_unlock_workers(array[$1])", [left[0]?.lockedBy]);
  await redeliver(db, id, "note");
  await using _next = await startTestWorker(db);
  await until(
    () => brokerRows(db),
    (rows) => rows.length === 0,
  );
  assert.equal((await noteTexts(db)).filter((text) => text === "killed after commit").length, 1);
  assert.deepEqual([(await jobRow(db, id)).state, (await jobRow(db, id)).attempt], ["succeeded", 1]);
});

test("a worker killed in the middle of a job: the next delivery runs it, once", async () => {
  const holder = await db.pool("admin").connect();
  await holder.query("select pg_advisory_lock(7)");
  const worker = spawnWorker(db, "rowlock");
  await using _killed = worker;
  const ids = [
    await launch("note", { text: "killed within", gate: 7 }),
    await launch("nested/long-note", { text: "killed within, long", gate: 7 }),
  ];
  const taken = () => brokerRows(db);
  const rows = await until(taken, (all) => all.filter((row) => row.lockedBy !== null).length === 2);
  await waitForJob(db, ids[1] ?? "", "running");
  await worker.end("SIGKILL");
  await holder.query("select pg_advisory_unlock(7)");
  holder.release();
  await until(
    async () =>
      (
        await db
          .pool("admin")
          .query("select from pg_stat_activity where usename = 'rowlock_task' and state like 'idle in%'")
      ).rowCount,
    (count) => count === 0,
  );
  await db
    .pool("admin")
    .query("select graphile_worker.force_unlock_workers($1)", [rows.map((row) => row.lockedBy)]);
  await using _next = await startTestWorker(db);
  for (const id of ids) assert.equal((await waitForJob(db, id, "succeeded")).attempt, 1);
  const texts = (await noteTexts(db)).filter((text) => text.startsWith("killed within"));
  assert.deepEqual(texts, ["killed within", "killed within, long"]);
});

test("a broker row that names no job is dropped, and one that names another's job changes nothing", async () => {
  await using _worker = await startTestWorker(db);
  await db.pool("admin").query(`
    select graphile_worker.add_job('note', '{}'), graphile_worker.add_job('note', '{"job": "x"}'),
           graphile_worker.add_job('note', '[1]')`);
  const id = await launch("note", { text: "edited" });
  await waitForJob(db, id, "succeeded");
  await db
    .pool("admin")
    .query("select graphile_worker.add_job('note', $1)", [
      { job: id, organization_id: org.userId, text: "other" },
    ]);
  await until(
    () => brokerRows(db),
    (rows) => rows.length === 0,
  );
  assert.equal((await noteTexts(db)).filter((text) => text === "edited" || text === "other").length, 1);
});

for (const command of ["startWorker", "rowlock", "graphile-worker"] as const) {
  test(`graceful stop of ${command}: 50 running jobs end or are handed back, and all succeed once`, async () => {
    const env = {
      WORKER_CONCURRENCY: "50",
      WORKER_POOL_SIZE: "40",
      WORKER_PREFETCH_MS: "2000",
      WORKER_SHUTDOWN_GRACE_MS: "400",
    };
    const holder = await db.pool("admin").connect();
    // Jobs behind gate 8 end within the grace, those behind 9 do not.
    await holder.query("select pg_advisory_lock(8), pg_advisory_lock(9)");
    const text = (n: number) => `${command} ${n}`;
    const payload = (n: number) => ({ text: text(n), gate: n % 5 === 0 ? 8 : 9, deaf: n % 7 === 0 });
    const payloads = (from: number) => Array.from({ length: 25 }, (_, n) => payload(from + n));
    const inProcess = command === "startWorker" ? await startTestWorker(db, env) : undefined;
    const child = command === "startWorker" ? undefined : spawnWorker(db, command, env);
    // Thirty more are fetched with them and find no free hand.
    const waiting = Array.from({ length: 30 }, (_, n) => ({ text: text(50 + n) }));
    const ids = await withTenant(db.pool("api"), org.member, async (tx) => [
      ...(await launchJobs(tx, "note", payloads(0))),
      ...(await launchJobs(tx, "nested/long-note", payloads(25))),
      ...(await launchJobs(tx, "note", waiting)),
    ]);
    try {
      await until(
        async () => {
          const rows = await brokerRows(db);
          const running = (await jobRows(db, ids)).filter((job) => job.state === "running");
          return [rows.filter((row) => row.lockedBy !== null).length, running.length, child?.output()];
        },
        ([locked, running]) => locked === 80 && running === 25,
      );
      const stopped = inProcess?.stop() ?? child?.end("SIGTERM");
      await holder.query("select pg_advisory_unlock(8)");
      const exit = await stopped;
      if (exit !== undefined) {
        assert.ok(
          exit.code === 0 || exit.signal === "SIGTERM" || exit.code === 143,
          JSON.stringify([exit, child?.output()]),
        );
      }
      assert.doesNotMatch(child?.output() ?? "", /ERROR|forceful/);
    } finally {
      await inProcess?.stop();
      await child?.end("SIGKILL");
    }
    const jobs = await jobRows(db, ids);
    const inState = (state: string) => jobs.filter((job) => job.state === state);
    assert.equal(
      inState("succeeded").length + inState("queued").length + inState("waiting").length,
      80,
      JSON.stringify(jobs.map((job) => job.state)),
    );
    assert.ok(inState("succeeded").length >= 10, "those that could end did");
    for (const job of [...inState("queued"), ...inState("waiting")]) assert.equal(job.attempt, 0);
    const { rows: events } = await db
      .pool("admin")
      .query("select distinct kind from rowlock.job_events where job_id = any($1)", [ids]);
    assert.deepEqual(events, [{ kind: "handed_back" }]);
    const left = (await brokerRows(db)).filter(({ payload }) =>
      jobsOf(payload).some((id) => ids.includes(id)),
    );
    assert.deepEqual(
      left.filter((row) => row.lockedBy !== null),
      [],
      "nothing stays locked at the broker",
    );
    for (const row of left) assert.equal(row.attempts, 0, "the broker counts no attempt either");
    // What was handed back may have been handed over again, before the dispatcher of this worker stopped too.
    const named = left.flatMap(({ payload }) => jobsOf(payload));
    assert.equal(new Set(named).size, named.length, "nothing twice");
    const queued = inState("queued").map(({ id }) => id);
    assert.deepEqual(
      queued.filter((id) => !named.includes(id)),
      [],
    );
    const unfinished = new Set([...queued, ...inState("waiting").map(({ id }) => id)]);
    assert.deepEqual(
      named.filter((id) => !unfinished.has(id)),
      [],
    );
    await holder.query("select pg_advisory_unlock_all()");
    holder.release();
    await using _next = await startTestWorker(db);
    for (const id of ids) assert.equal((await waitForJob(db, id, "succeeded")).attempt, 1);
    const notes = (await noteTexts(db)).filter((note) => note.startsWith(`${command} `));
    assert.deepEqual(notes, Array.from({ length: 80 }, (_, n) => text(n)).toSorted());
  });
}

test("the stock command refuses what ours refuses, in one line that names the code's reason", async () => {
  const child = spawnWorker(db, "graphile-worker", { TASK_DATABASE_URL: db.urls.admin });
  await using _child = child;
  await until(
    async () => child.output(),
    (output) => /row-level security would not hold/.test(output),
  );
});
