import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import type pg from "pg";
import { cancelJob, launchJob, launchJobs, noteChange, tellChanges } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { createNotes, until, waitForJob } from "../helpers/jobs.ts";
import { makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { startTestWorker } from "../helpers/worker.ts";

let db: TestDatabase;
let org: TestOrganization;
let listener: pg.PoolClient;
let heard: (string | undefined)[] = [];
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  listener = await db.pool("api").connect();
  listener.on("notification", ({ payload }) => heard.push(payload));
  await listener.query('listen "rowlock:changes"');
});
after(async () => {
  listener.release(true);
  await db.drop();
});
beforeEach(async () => {
  await db.pool("admin").query("truncate rowlock_private.changes");
  org = await makeOrganization(db);
  heard = [];
});

type Change = { seq: string; organization_id: string; ids: string[] | null };
const changes = async (after = 0): Promise<Change[]> =>
  (await db.pool("api").query<Change>("select * from rowlock_private.changes_of($1, '{}')", [after])).rows;
const told = async () => new Set((await changes()).flatMap(({ ids }) => ids ?? []));

test("what a worker's jobs come to is told within moments, named by their ids, with nothing in the notification", async () => {
  await using _worker = await startTestWorker(db);
  const ids = await withTenant(db.pool("api"), org.member, (tx) =>
    launchJobs(tx, "note", [{ text: "one" }, { text: "two" }]),
  );
  for (const id of ids) await waitForJob(db, id, "succeeded");
  await until(told, (known) => ids.every((id) => known.has(id)), 2_000);
  assert.ok((await changes()).every(({ organization_id }) => organization_id === org.organizationId));
  assert.ok(heard.length > 0);
  assert.deepEqual([...new Set(heard)], [""]);
});

test("many jobs that end together are few changes, and few notifications", async () => {
  await using _worker = await startTestWorker(db);
  await withTenant(db.pool("api"), org.member, (tx) =>
    launchJobs(
      tx,
      "note",
      Array.from({ length: 3_000 }, (_, n) => ({ text: `n ${n}` })),
    ),
  );
  await until(
    async () => (await db.pool("admin").query("select from rowlock.live limit 1")).rowCount,
    (left) => left === 0,
  );
  await until(changes, (all) => all.length > 0, 2_000);
  const all = await changes();
  assert.ok(all.length < 100 && heard.length < 100, `${all.length} changes, ${heard.length} notifications`);
});

test("of more jobs than are named it is told that there are many", async () => {
  const pool = db.pool("task");
  for (let n = 0; n < 300; n += 1) noteChange(pool, org.organizationId, randomUUID());
  await tellChanges(pool);
  assert.deepEqual(
    (await changes()).map(({ ids }) => ids),
    [null],
  );
});

test("what people do is told in their own transaction: rolled back, nobody hears of it", async () => {
  const id = await withTenant(db.pool("api"), org.member, (tx) =>
    launchJob(tx, "note", { text: "never" }, { runAt: new Date(Date.now() + 60_000) }),
  );
  await withTenant(db.pool("api"), org.member, async (tx) => {
    await cancelJob(tx, id);
    throw new Error("undone");
  }).catch(() => undefined);
  assert.deepEqual(await changes(), []);
  await withTenant(db.pool("api"), org.member, (tx) => cancelJob(tx, id));
  assert.deepEqual(
    (await changes()).map(({ ids }) => ids),
    [[id]],
  );
});

test("what could not be told is told later, as many", async () => {
  const pool = db.pool("task");
  await db.pool("admin").query("revoke execute on function rowlock_private.tell_changes from rowlock_task");
  const id = await withTenant(db.pool("api"), org.member, (tx) => launchJob(tx, "note", { text: "x" }));
  noteChange(pool, org.organizationId, id);
  await tellChanges(pool);
  assert.deepEqual(await changes(), []);
  await db.pool("admin").query("grant execute on function rowlock_private.tell_changes to rowlock_task");
  await until(changes, (all) => all.length > 0, 2_000);
  assert.equal((await changes())[0]?.ids, null);
});
