import assert from "node:assert/strict";
import { test } from "node:test";
import { launchJob } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { brokerRows, createNotes, noteTexts, register, until, waitForJob } from "../helpers/jobs.ts";
import { makeOrganization } from "../helpers/organization.ts";
import { startTestWorker } from "../helpers/worker.ts";
import note from "./fixtures/tasks/note.ts";

test("what a fetch locked whose answer was lost is run, though the worker that fetched it lives", async () => {
  await using db = await createTestDatabase();
  await createNotes(db);
  const { member } = await makeOrganization(db);
  await register(db, note);
  await using worker = await startTestWorker(db);
  await until(
    () => db.pool("admin").query("select from rowlock_private.workers"),
    ({ rows }) => rows.length === 1,
  );
  await lockAtInsertion(db);
  const id = await withTenant(db.pool("api"), member, (tx) => launchJob(tx, note, { text: "once" }));
  const [stray] = await brokerRows(db);
  assert.match(stray?.lockedBy ?? "", /^pool-/);
  const { attempt } = await waitForJob(db, id, "succeeded");
  assert.equal(attempt, 1);
  assert.deepEqual(await noteTexts(db), ["once"]);
  await until(
    () => brokerRows(db),
    (rows) => rows.length === 0,
  );
  await worker.stop();
});

/** Every delivery is born as such a fetch leaves it: locked for the worker, which knows nothing of it. */
async function lockAtInsertion(db: TestDatabase): Promise<void> {
  await db.pool("admin").query(`
    create function public.lock_at_insertion() returns trigger language plpgsql security definer as $$
    begin
      new.locked_by := (select id from rowlock_private.workers);
      new.locked_at := now();
      new.attempts := 1;
      return new;
    end $$;
    create trigger lock_at_insertion before insert on graphile_worker._private_jobs
    for each row execute function public.lock_at_insertion();`);
}
