import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { launchJob, launchJobs } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { createNotes, jobRow, jobRows, noteTexts, register, until, waitForJob } from "../helpers/jobs.ts";
import { makeOrganization } from "../helpers/organization.ts";
import { spawnWorker, startTestWorker } from "../helpers/worker.ts";
import kill from "./fixtures/tasks/kill.ts";
import longNote from "./fixtures/tasks/nested/long-note.ts";
import note from "./fixtures/tasks/note.ts";

const gate = 4712;
const many = 50;

async function workerCount(db: TestDatabase): Promise<number> {
  const { rows } = await db.pool("admin").query("select from rowlock_private.workers");
  return rows.length;
}

test("a killed worker's 50 running jobs run elsewhere within 3 seconds, each effect once", async () => {
  await using db = await createTestDatabase();
  await createNotes(db);
  const { member } = await makeOrganization(db);
  await register(db, note);
  await using closed = await holdGate(db);
  const env = {
    WORKER_CONCURRENCY: String(many),
    WORKER_POOL_SIZE: String(many),
    WORKER_PREFETCH_MULTIPLIER: "1",
  };
  const payloads = Array.from({ length: many }, (_, n) => ({ text: `note ${n}`, gate }));
  await withTenant(db.pool("api"), member, (tx) => launchJobs(tx, note, payloads));
  await using first = spawnWorker(db, "rowlock", env);
  // All of them are in their handler, waiting at the gate.
  await until(
    async () =>
      (
        await db
          .pool("admin")
          .query(
            "select from pg_stat_activity where query like '%pg_try_advisory_xact_lock_shared%' and usename = 'rowlock_task' and datname = current_database()",
          )
      ).rowCount,
    (count) => (count ?? 0) >= many,
  );
  await using second = spawnWorker(db, "rowlock", env);
  await until(
    () => workerCount(db),
    (count) => count === 2,
  );
  await closed.open();
  const killed = performance.now();
  await first.end("SIGKILL");
  await until(
    () => jobRows(db),
    (rows) => rows.every(({ state }) => state === "succeeded"),
  );
  const seconds = (performance.now() - killed) / 1000;
  assert.ok(seconds < 3, `it took ${seconds} s`);
  assert.deepEqual(await noteTexts(db), payloads.map(({ text }) => text).sort());
  await second.end("SIGTERM");
  assert.equal(await workerCount(db), 0, "a worker that stops takes its leave, one that died was struck off");
});

test("a job that takes its worker down is failed as crashed; what ran beside it is not", async () => {
  await using db = await createTestDatabase();
  await createNotes(db);
  const { member } = await makeOrganization(db);
  await register(db, note, kill);
  const payloads = Array.from({ length: 20 }, (_, n) => ({ text: `note ${String(n).padStart(2, "0")}` }));
  const bad = await withTenant(db.pool("api"), member, async (tx) => {
    await launchJobs(tx, note, payloads.slice(0, 10));
    const id = await launchJob(tx, kill, {});
    await launchJobs(tx, note, payloads.slice(10));
    return id;
  });
  let deaths = 0;
  for (let ended = false; !ended && deaths < 8; ) {
    await using worker = spawnWorker(db, "rowlock");
    const outcome = await Promise.race([
      waitForJob(db, bad, "failed", 30_000).then(() => "failed" as const),
      worker.exited.then(() => "died" as const),
    ]);
    ended = outcome === "failed";
    if (outcome === "died") deaths += 1;
  }
  const { errorCode } = await waitForJob(db, bad, "failed");
  assert.equal(errorCode, "CRASHED");
  assert.ok(deaths >= 3 && deaths <= 4, `${deaths} workers died`);
  await using last = spawnWorker(db, "rowlock");
  await until(
    () => jobRows(db),
    (rows) => rows.filter(({ task }) => task === "note").every(({ state }) => state === "succeeded"),
  );
  assert.deepEqual(
    await noteTexts(db),
    payloads.map(({ text }) => text),
  );
  await last.end("SIGTERM");
});

test("a worker whose connections are all cut, twice a second, loses nothing and doubles nothing", async () => {
  await using db = await createTestDatabase();
  await createNotes(db);
  const { member } = await makeOrganization(db);
  await register(db, note);
  const payloads = Array.from({ length: 400 }, (_, n) => ({ text: `note ${String(n).padStart(3, "0")}` }));
  await withTenant(db.pool("api"), member, (tx) => launchJobs(tx, note, payloads));
  await using worker = await startTestWorker(db, { WORKER_CONCURRENCY: "5" });
  for (let cut = 0; cut < 6; cut += 1) {
    await db.pool("admin").query(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and usename in ('rowlock_task', 'rowlock_broker')`);
    await sleep(500);
  }
  await until(
    () => jobRows(db),
    (rows) => rows.every(({ state }) => state === "succeeded"),
    30_000,
  );
  assert.deepEqual(
    await noteTexts(db),
    payloads.map(({ text }) => text),
  );
  assert.ok(
    (await jobRows(db)).every(({ attempt }) => attempt === 1),
    "no attempt was counted",
  );
  await worker.stop();
});

/** Holds an advisory lock for which handlers of `note` wait. */
async function holdGate(db: TestDatabase): Promise<AsyncDisposable & { open(): Promise<void> }> {
  const client = await db.pool("admin").connect();
  await client.query("select pg_advisory_lock($1)", [gate]);
  let open = false;
  const release = async () => {
    if (open) return;
    open = true;
    await client.query("select pg_advisory_unlock($1)", [gate]);
    client.release();
  };
  return { open: release, [Symbol.asyncDispose]: release };
}

test("a worker frozen for longer than it takes to be taken for dead writes nothing when it thaws", async () => {
  await using db = await createTestDatabase();
  await createNotes(db);
  const { member } = await makeOrganization(db);
  await register(db, longNote);
  await using closed = await holdGate(db);
  const id = await withTenant(db.pool("api"), member, (tx) =>
    launchJob(tx, longNote, { text: "once", gate }),
  );
  await using zombie = spawnWorker(db, "rowlock", { LOG_LEVEL: "warn" });
  await waitForJob(db, id, "running");
  process.kill(zombie.pid, "SIGSTOP");
  // A frozen process keeps its connections; an administrator, or a cut network, ends them on the server's side.
  await db.pool("admin").query(`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename in ('rowlock_task', 'rowlock_broker')`);
  await using heir = spawnWorker(db, "rowlock");
  await until(
    () => jobRow(db, id),
    (row) => row.fence === 2,
  );
  process.kill(zombie.pid, "SIGCONT");
  await until(
    async () => zombie.output(),
    (output) => output.includes("taken for dead"),
  );
  await closed.open();
  const done = await waitForJob(db, id, "succeeded");
  assert.deepEqual(await noteTexts(db), ["once"]);
  assert.equal(done.attempt, 1, "losing a worker costs no attempt");
  await zombie.end("SIGTERM");
  await heir.end("SIGTERM");
});
