import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { launchJob, launchJobs } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase } from "../helpers/database.ts";
import { createNotes, jobRows, noteTexts, register, until, waitForJob } from "../helpers/jobs.ts";
import { makeOrganization } from "../helpers/organization.ts";
import { spawnWorker, startTestWorker } from "../helpers/worker.ts";
import kill from "./fixtures/tasks/kill.ts";
import note from "./fixtures/tasks/note.ts";
import { freezeWorker, killWorkerOf50 } from "./rescue-scenes.ts";

test("a killed worker's 50 running jobs run elsewhere within seconds, each effect once", async () => {
  const seconds = await killWorkerOf50();
  assert.ok(seconds < 5, `it took ${seconds} s`);
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
    60_000,
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

test("a worker frozen for longer than it takes to be taken for dead writes nothing when it thaws", async () => {
  assert.deepEqual(await freezeWorker(2_000), ["once"]);
});
