import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import { defineTask, launchJob, launchJobs } from "../../src/jobs/index.ts";
import { RowlockError } from "../../src/sdk/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase, withClient } from "../helpers/database.ts";
import { brokerRows, deliver, jobRows, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";

const noop = defineTask({ name: "noop", input: z.object({}), run: () => undefined });

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await register(db, noop);
});
after(() => db.drop());
beforeEach(async () => {
  org = await makeOrganization(db, { role: "member" });
});

const limit = (most: number | null) =>
  asOwner(
    db,
    `insert into rowlock.policies (organization_id, max_pending) values ($1, $2)
     on conflict (organization_id) do update set max_pending = excluded.max_pending`,
    [org.organizationId, most],
  );
const launch = (count: number, keys?: (string | null)[], who = org) =>
  withTenant(db.pool("api"), who.member, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      "select rowlock.launch_jobs('noop', array_fill('{}'::jsonb, array[$1::int]), $2::text[]) as id",
      [count, keys ?? null],
    );
    return rows.map(({ id }) => id);
  });
const mine = async () =>
  (await jobRows(db)).filter((job) => job.organizationId === org.organizationId && job.state !== "succeeded");

function isRefused(most: number, has: number, more: number) {
  return (error: unknown) => {
    assert.ok(error instanceof RowlockError);
    assert.equal(error.code, "TOO_MANY_PENDING");
    assert.equal(error.status, 429);
    assert.match(
      error.message,
      new RegExp(`may have ${most} unfinished jobs at once and has ${has}; a launch of ${more} more`),
    );
    assert.match(error.message, /max_pending/);
    return true;
  };
}

test("an organization launches up to its most pending jobs and no further, and nothing of the rest is stored", async () => {
  await limit(3);
  await launch(2);
  await assert.rejects(launch(2), isRefused(3, 2, 2));
  assert.equal((await mine()).length, 2);
  const [first] = await launch(1);
  await assert.rejects(launch(1), isRefused(3, 3, 1));
  const atBroker = (await brokerRows(db)).length;
  await assert.rejects(
    withTenant(db.pool("api"), org.member, (tx) => launchJob(tx, noop, {})),
    isRefused(3, 3, 1),
  );
  assert.equal((await brokerRows(db)).length, atBroker);
  // One ends: there is room for one.
  await deliver(db, first ?? "", noop);
  await launch(1);
  await assert.rejects(launch(1), isRefused(3, 3, 1));
});

test("jobs launched before in the same transaction count", async () => {
  await limit(2);
  await assert.rejects(
    withTenant(db.pool("api"), org.member, async (tx) => {
      await launchJobs(tx, noop, [{}, {}]);
      await launchJob(tx, noop, {});
    }),
    isRefused(2, 2, 1),
  );
  assert.equal((await mine()).length, 0);
});

test("a launch whose keys are taken adds nothing and is not refused", async () => {
  await limit(2);
  const [a, b] = await launch(2, ["a", "b"]);
  assert.deepEqual(await launch(2, ["b", "a"]), [b, a]);
  assert.deepEqual(await launch(1, ["a"]), [a]);
  await assert.rejects(launch(1, ["c"]), isRefused(2, 2, 1));
  await assert.rejects(launch(2, ["a", null]), isRefused(2, 2, 2));
  await limit(3);
  // Of equal keys in one bulk one is added.
  assert.equal(new Set(await launch(4, ["c", "c", "a", "c"])).size, 2);
  assert.equal((await mine()).length, 3);
});

test("a limit of nothing refuses every launch; taken away it refuses none, and it binds nobody else", async () => {
  const other = await makeOrganization(db, { role: "member" });
  await limit(0);
  await assert.rejects(launch(1), isRefused(0, 0, 1));
  assert.equal((await launch(5, undefined, other)).length, 5);
  await limit(null);
  assert.equal((await launch(5)).length, 5);
});

test("the count of a launch reads no more than the limit, however many jobs there are", async () => {
  await limit(null);
  await launch(10_000);
  await asOwner(db, "analyze rowlock.live");
  await limit(100);
  const read = await withClient(db.urls.admin, async (client) => {
    await client.query(`begin; set local role rowlock_owner; set local rowlock.role = 'member';
      set local rowlock.organization_id = '${org.organizationId}'; savepoint before`);
    await assert.rejects(client.query("select rowlock.launch_job('noop')"), { code: "RL429" });
    await client.query("rollback to before");
    const { rows } = await client.query<{ n: number }>(
      `select sum(pg_stat_get_xact_tuples_returned(c))::int as n from (
         select 'rowlock.live'::regclass union select indexrelid from pg_index where indrelid = 'rowlock.live'::regclass) u(c)`,
    );
    return rows[0]?.n ?? 0;
  });
  assert.ok(read >= 100 && read <= 110, `${read} entries were read`);
});
