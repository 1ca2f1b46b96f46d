import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import { defineTask, launchJob, launchJobs } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { deliveries, lead } from "../helpers/dispatcher.ts";
import { register } from "../helpers/jobs.ts";
import { makeOrganization, type TestOrganization } from "../helpers/organization.ts";

const input = z.object({ n: z.number(), key: z.string().optional() });
const long = defineTask({ name: "long", kind: "long", input, run: () => undefined });
const keyed = defineTask({
  name: "keyed",
  kind: "long",
  input,
  concurrency: { key: ({ key }) => key, limit: 2 },
  run: () => undefined,
});

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await register(db, long, keyed);
});
after(() => db.drop());
beforeEach(async () => {
  await db.pool("admin").query(`
    truncate rowlock.live, rowlock.job, rowlock.job_end, rowlock.job_events, graphile_worker._private_jobs,
      rowlock.policies, rowlock.task_policies, rowlock_private.rate_slots;
    update rowlock_private.dispatch_state set busy = true`);
  org = await makeOrganization(db);
});

const numbers = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));
const launch = (task: typeof long, count: number, who = org) =>
  withTenant(db.pool("api"), who.member, (tx) => launchJobs(tx, task, numbers(count)));
const named = async () => (await deliveries(db)).flat();

test("a new leader hands nothing over that the broker has already", async () => {
  await launch(long, 40);
  {
    await using first = await lead(db, 4);
    await first.tickUntil(named, (ids) => ids.length === 8);
  }
  await using second = await lead(db, 8);
  const ids = await second.tickUntil(named, (all) => all.length >= 16);
  assert.equal(new Set(ids).size, ids.length);
});

test("what a savepoint launched is seen to land when its transaction commits, however many looks were before", async () => {
  const look = async (seen: string | null) => {
    const { rows } = await db
      .pool("task")
      .query("select id, snapshot from rowlock_private.landed('00000000-0000-7000-8000-000000000000', $1)", [
        seen,
      ]);
    return { ids: rows.slice(0, -1).map(({ id }) => id), snapshot: rows.at(-1)?.snapshot };
  };
  let id = "";
  let before: Awaited<ReturnType<typeof look>> | undefined;
  await withTenant(db.pool("api"), org.member, async (tx) => {
    await tx.query("savepoint inner_part");
    id = await launchJob(tx, long, { n: 1 });
    await tx.query("release savepoint inner_part");
    // Later numbers of transactions are given out, so that the look is behind ours.
    await makeOrganization(db);
    before = await look(null);
  });
  assert.deepEqual(before?.ids, []);
  const after = await look(before?.snapshot);
  assert.deepEqual(after.ids, [id]);
  assert.deepEqual((await look(after.snapshot)).ids, [], "nothing twice");
});

test("many queues with a job each are worked off in one go, however many places each could have had", async () => {
  await withTenant(db.pool("api"), org.member, (tx) =>
    launchJobs(
      tx,
      keyed,
      Array.from({ length: 60 }, (_, n) => ({ n, key: `key ${n}` })),
    ),
  );
  await using leading = await lead(db, 40);
  await leading.leadership.tick();
  assert.equal((await named()).length, 60);
});
