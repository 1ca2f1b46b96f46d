import assert from "node:assert/strict";
import { launchJob } from "../../../src/jobs/index.ts";
import { withTenant } from "../../../src/tenancy/index.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import {
  brokerRows,
  createNotes,
  noteTexts,
  redeliver,
  register,
  until,
  waitForJob,
} from "../../helpers/jobs.ts";
import { makeOrganization } from "../../helpers/organization.ts";
import { spawnWorker } from "../../helpers/worker.ts";
import note from "../../worker/fixtures/tasks/note.ts";

const gate = 4711;

/**
 * A transactional job whose worker is killed after the commit and before the broker hears of it, and whose broker row
 * is put back twice more. @returns how many effects there are, and how often it was delivered
 */
export async function deliverTwice(): Promise<{ effects: number; deliveries: number }> {
  await using db = await createTestDatabase();
  await createNotes(db);
  const { member } = await makeOrganization(db);
  await register(db, note);
  const admin = await db.pool("admin").connect();
  let first: { code: number | null; signal: string | null };
  let id: string;
  try {
    // The handler waits at the gate until the broker's table is locked: the worker commits, and dies waiting to
    // tell the broker.
    await admin.query("select pg_advisory_lock($1)", [gate]);
    id = await withTenant(db.pool("api"), member, (tx) => launchJob(tx, note, { text: "once", gate }));
    await using worker = spawnWorker(db, "rowlock");
    await until(
      () => brokerRows(db),
      (rows) => rows.some((row) => row.lockedBy !== null),
    );
    await admin.query("begin; lock table graphile_worker._private_jobs in share mode");
    await admin.query("select pg_advisory_unlock($1)", [gate]);
    await waitForJob(db, id, "succeeded");
    first = await worker.end("SIGKILL");
  } finally {
    await admin.query("rollback");
    admin.release();
  }
  assert.equal(first.signal, "SIGKILL");

  // Whatever the first delivery left, twice more; then a worker that lives.
  await redeliver(db, id, "note");
  await redeliver(db, id, "note");
  await using second = spawnWorker(db, "rowlock");
  await until(
    () => brokerRows(db),
    (rows) => rows.every((row) => row.lockedBy !== null && row.attempts > 0) || rows.length === 0,
  );
  await until(
    () => brokerRows(db),
    (rows) => rows.filter((row) => row.attempts === 0).length === 0 && rows.length <= 1,
  );
  await second.end("SIGTERM");
  return { effects: (await noteTexts(db)).length, deliveries: 3 };
}
