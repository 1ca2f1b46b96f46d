import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { launchJob, launchJobs } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { createNotes, jobRow, jobRows, noteTexts, register, until, waitForJob } from "../helpers/jobs.ts";
import { makeOrganization } from "../helpers/organization.ts";
import { spawnWorker } from "../helpers/worker.ts";
import longNote from "./fixtures/tasks/nested/long-note.ts";

const gate = 4712;
const many = 50;

/**
 * Kills a worker process with 50 jobs in their handlers, beside one that has nothing to do.
 * @returns seconds from the kill until all 50 have ended, each with its effect once
 */
export async function killWorkerOf50(): Promise<number> {
  await using db = await createTestDatabase();
  await createNotes(db);
  const { member } = await makeOrganization(db);
  await register(db, longNote);
  await using closed = await holdGate(db);
  const payloads = Array.from({ length: many }, (_, n) => ({ text: `note ${n}`, gate }));
  await withTenant(db.pool("api"), member, (tx) => launchJobs(tx, longNote, payloads));
  const env = { WORKER_CONCURRENCY: String(many), WORKER_PREFETCH_MS: "0" };
  await using first = spawnWorker(db, "rowlock", env);
  await until(
    () => jobRows(db),
    (rows) => rows.every(({ state }) => state === "running"),
  );
  await using second = spawnWorker(db, "rowlock", env);
  await until(
    () => workerCount(db),
    (count) => count === 2,
  );
  const killed = performance.now();
  await first.end("SIGKILL");
  await closed.open();
  const rows = await until(
    () => jobRows(db),
    (found) => found.every(({ state }) => state === "succeeded"),
  );
  const seconds = (performance.now() - killed) / 1000;
  assert.deepEqual(await noteTexts(db), payloads.map(({ text }) => text).sort());
  assert.ok(
    rows.every(({ attempt }) => attempt === 1),
    "losing a worker costs no attempt",
  );
  await second.end("SIGTERM");
  assert.equal(await workerCount(db), 0, "a worker that stops takes its leave, one that died was struck off");
  return seconds;
}

/**
 * Freezes a worker in the middle of a job, ends its connections on the server's side, as a cut network does, lets
 * another take the job over, and thaws it after `frozenMs`.
 * @returns what was written in the end
 */
export async function freezeWorker(frozenMs: number): Promise<string[]> {
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
  const thawAt = Date.now() + frozenMs;
  await db.pool("admin").query(`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename in ('rowlock_task', 'rowlock_broker')`);
  await using heir = spawnWorker(db, "rowlock");
  await until(
    () => jobRow(db, id),
    (row) => row.fence === 2,
  );
  await sleep(Math.max(0, thawAt - Date.now()));
  process.kill(zombie.pid, "SIGCONT");
  await until(
    async () => zombie.output(),
    (output) => output.includes("taken for dead"),
  );
  await closed.open();
  const done = await waitForJob(db, id, "succeeded");
  assert.equal(done.attempt, 1, "losing a worker costs no attempt");
  await zombie.end("SIGTERM");
  await heir.end("SIGTERM");
  return await noteTexts(db);
}

async function workerCount(db: TestDatabase): Promise<number> {
  const { rows } = await db.pool("admin").query("select from rowlock_private.workers");
  return rows.length;
}

/** Holds an advisory lock for which handlers of the notes wait. */
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
