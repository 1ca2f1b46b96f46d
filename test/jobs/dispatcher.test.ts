import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import { defineTask, launchJob, launchJobs } from "../../src/jobs/index.ts";
import type { LaunchOptions } from "../../src/sdk/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { deliveries, endDelivery, lead } from "../helpers/dispatcher.ts";
import { deliver, jobRows, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";

const input = z.object({ n: z.number(), key: z.string().optional() });
const long = defineTask({ name: "long", kind: "long", input, run: () => undefined });
const other = defineTask({ name: "other", kind: "long", input, run: () => undefined });
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
  await register(db, long, other, keyed);
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
const launch = (task: typeof long | typeof other, count: number, options: LaunchOptions = {}) =>
  withTenant(db.pool("api"), org.member, (tx) => launchJobs(tx, task, numbers(count), options));
const named = async () => (await deliveries(db)).flat();
const sorted = (ids: readonly string[]) => ids.toSorted();

/** Sets what an operator sets of a task. */
const limitTask = (task: string, set: Record<string, number | boolean>) =>
  asOwner(
    db,
    `insert into rowlock.task_policies (task, ${Object.keys(set).join(", ")}) values ($1, ${Object.values(set).join(", ")})`,
    [task],
  );
const lanesOf = async (ids: readonly string[]) =>
  (
    await asOwner<{ lane: string }>(db, "select lane from rowlock.live where id = any($1) order by id", [ids])
  ).map(({ lane }) => lane);
const slots = () =>
  asOwner<{ job: string; started: boolean }>(
    db,
    "select job_id as job, started_at is not null as started from rowlock_private.rate_slots order by job_id",
  );

/** Runs a job as a worker does, and ends its delivery. */
async function runJob(id: string, task: typeof long | typeof other): Promise<void> {
  assert.equal((await deliver(db, id, task)).kind, "succeeded");
  await endDelivery(db, id);
}

test("jobs are handed over by priority, then in the order of launch", async () => {
  const [low, high, middle] = [
    await launch(long, 2, { priority: 100 }),
    await launch(long, 2, { priority: -100 }),
    await launch(long, 2),
  ];
  await using leading = await lead(db, 6);
  const ids = await leading.tickUntil(named, (all) => all.length === 6);
  assert.deepEqual(ids, [...high, ...middle, ...low]);
});

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

test("what the dispatcher before handed over counts against a cap", async () => {
  await asOwner(db, "insert into rowlock.policies (organization_id, max_running) values ($1, 3)", [
    org.organizationId,
  ]);
  const ids = await launch(long, 8);
  {
    await using first = await lead(db, 8);
    await first.tickUntil(named, (all) => all.length >= 3);
  }
  await using second = await lead(db, 8);
  for (let tick = 0; tick < 5; tick += 1) await second.leadership.tick();
  assert.deepEqual(await named(), ids.slice(0, 3));
  await runJob(ids[1] ?? "", long);
  assert.deepEqual(await second.tickUntil(named, (all) => all.length >= 3), [ids[0], ids[2], ids[3]]);
});

test("jobs that waited before their task had a limit go where it is counted; others pass them", async () => {
  const ids = await launch(long, 6);
  const others = await launch(other, 2);
  await limitTask("long", { max_running: 1 });
  await using leading = await lead(db, 20);
  const handed = await leading.tickUntil(named, (all) => all.length >= 3);
  for (let tick = 0; tick < 5; tick += 1) await leading.leadership.tick();
  assert.deepEqual(sorted(await named()), sorted(handed), "one of the task and no more");
  assert.deepEqual(sorted(handed), sorted([ids[0] ?? "", ...others]));
  assert.deepEqual(
    await lanesOf(ids),
    ids.map(() => "long"),
  );
  await runJob(ids[0] ?? "", long);
  assert.ok((await leading.tickUntil(named, (all) => all.length >= 3)).includes(ids[1] ?? ""));
});

test("a key's limit that is younger than the jobs, and than their task's own limit, holds for them too", async () => {
  await register(db, { definition: { ...keyed.definition, concurrency: undefined } });
  await limitTask("keyed", { max_running: 50 });
  const ids = await withTenant(db.pool("api"), org.member, (tx) =>
    launchJobs(
      tx,
      keyed,
      ["x", "x", "x", "y"].map((key, n) => ({ n, key })),
    ),
  );
  assert.deepEqual(await lanesOf(ids), ["keyed", "keyed", "keyed", "keyed"]);
  await register(db, keyed);
  await using leading = await lead(db, 20);
  await leading.tickUntil(named, (all) => all.length >= 3);
  for (let tick = 0; tick < 5; tick += 1) await leading.leadership.tick();
  assert.deepEqual(sorted(await named()), [ids[0], ids[1], ids[3]]);
  assert.deepEqual(
    await lanesOf(ids),
    ["x", "x", "x", "y"].map((key) => `keyed\u001f${key}`),
  );
});

test("keys of any length and with any character are kept apart, and one that is missing is a key too", async () => {
  const keys = ["\u001e", "\u001f", "a\u001eb", "k".repeat(300), `${"k".repeat(299)}x`, undefined, ""];
  const ids = await withTenant(db.pool("api"), org.member, (tx) =>
    launchJobs(
      tx,
      keyed,
      keys.flatMap((key) => [0, 1, 2].map((n) => (key === undefined ? { n } : { n, key }))),
    ),
  );
  // No key and an empty one are the same.
  assert.equal(new Set(await lanesOf(ids)).size, keys.length - 1);
  await using leading = await lead(db, 40);
  await leading.tickUntil(named, (all) => all.length >= 2 * (keys.length - 1));
  for (let tick = 0; tick < 5; tick += 1) await leading.leadership.tick();
  assert.equal((await named()).length, 2 * (keys.length - 1));
});

test("a job that somebody holds keeps no other from moving to where its limit is counted", async () => {
  const ids = await launch(long, 3);
  await limitTask("long", { max_running: 5 });
  const holder = await db.pool("admin").connect();
  await holder.query("begin");
  await holder.query("select from rowlock.live where id = $1 for update", [ids[0]]);
  await using leading = await lead(db, 8);
  assert.deepEqual(await leading.tickUntil(named, (all) => all.length >= 2), ids.slice(1));
  await holder.query("rollback");
  holder.release();
  assert.deepEqual(sorted(await leading.tickUntil(named, (all) => all.length >= 3)), ids);
});

test("a delivery that is gone though its job still waits is made again, once", async () => {
  const ids = await launch(long, 5);
  await using leading = await lead(db, 8);
  await leading.tickUntil(named, (all) => all.length === 5);
  await endDelivery(db, ids[2] ?? "");
  await leading.tickUntil(named, (all) => all.includes(ids[2] ?? ""));
  for (let tick = 0; tick < 5; tick += 1) await leading.leadership.tick();
  assert.deepEqual(sorted(await named()), ids);
  assert.ok((await jobRows(db, ids)).every(({ state, fence }) => state === "waiting" && fence === 0));
});

test("what comes back is handed over again behind nobody's back: what the broker has is left out", async () => {
  const ids = await launch(long, 12);
  await using leading = await lead(db, 20);
  await leading.tickUntil(named, (all) => all.length === 12);
  await endDelivery(db, ids[0] ?? "");
  await endDelivery(db, ids[7] ?? "");
  leading.leadership.ledger.leftovers(org.organizationId);
  await leading.leadership.tick();
  await leading.leadership.tick();
  assert.deepEqual(sorted(await named()), ids);
});

test("a new leader knows which starts count against a rate, and for how long", async () => {
  await limitTask("long", { rate_jobs: 2, rate_ms: 60_000 });
  const ids = await launch(long, 6);
  {
    await using first = await lead(db, 8);
    await first.tickUntil(named, (all) => all.length >= 2);
    await runJob(ids[0] ?? "", long);
    await first.tickUntil(slots, (all) => all.some(({ started }) => started));
  }
  const unfinished = async () =>
    (await jobRows(db, ids)).filter(({ state }) => state === "waiting").map(({ id }) => id);
  {
    // One has started, one is on its way.
    await using second = await lead(db, 8);
    for (let tick = 0; tick < 5; tick += 1) await second.leadership.tick();
    assert.deepEqual(await named(), [ids[1]]);
    await runJob(ids[1] ?? "", long);
    for (let tick = 0; tick < 5; tick += 1) await second.leadership.tick();
    assert.deepEqual(await named(), []);
  }
  assert.deepEqual(await unfinished(), ids.slice(2));
  await asOwner(
    db,
    "update rowlock_private.rate_slots set started_at = started_at - interval '61 seconds' where job_id = $1",
    [ids[0]],
  );
  await using third = await lead(db, 8);
  assert.deepEqual(await third.tickUntil(named, (all) => all.length >= 1), [ids[2]]);
  for (let tick = 0; tick < 5; tick += 1) await third.leadership.tick();
  assert.deepEqual(await named(), [ids[2]]);
});

test("a job on its way keeps its slot for as long as the broker has it, and counts as started once it has not", async () => {
  await limitTask("long", { rate_jobs: 1, rate_ms: 100 });
  const [id = ""] = await launch(long, 1);
  await using leading = await lead(db, 4);
  await leading.tickUntil(named, (all) => all.length === 1);
  const age = () =>
    asOwner(db, "update rowlock_private.rate_slots set at = at - interval '5 minutes', started_at = null");
  await age();
  await leading.leadership.tick();
  assert.deepEqual(await slots(), [{ job: id, started: false }], "all hands may be full for long");
  await endDelivery(db, id);
  await leading.tickUntil(slots, (all) => all[0]?.started === true);
  // It waits, and is handed over again: a start like any other, that is still to come.
  await leading.tickUntil(named, (all) => all.length === 1);
  assert.deepEqual(await slots(), [{ job: id, started: false }]);
});

test("slots are dropped when they count no more, whoever leads for however long", async () => {
  await limitTask("long", { rate_jobs: 5, rate_ms: 300_000 });
  const slot = (task: string, seconds: number) =>
    asOwner(
      db,
      `insert into rowlock_private.rate_slots (job_id, fence, organization_id, task, started_at)
       values (gen_random_uuid(), 0, $1, $2, now() - $3 * interval '1 second')`,
      [org.organizationId, task, seconds],
    );
  for (const [task, seconds] of [
    ["long", 290],
    ["long", 370],
    ["other", 30],
    ["other", 70],
  ] as const) {
    await slot(task, seconds);
  }
  await using leading = await lead(db, 4);
  await leading.leadership.tick();
  const left = await asOwner(db, "select task from rowlock_private.rate_slots order by task");
  assert.deepEqual(left, [{ task: "long" }, { task: "other" }]);
});

test("what of a scheduled job is due is the database's clock's to say, and how long to wait for it", async (t) => {
  const soon = new Date(Date.now() + 1_800_000);
  await launch(long, 1, { runAt: soon });
  const [due = ""] = await launch(long, 1, { runAt: new Date(Date.now() + 300) });
  await asOwner(db, "update rowlock_private.dispatch_state set busy = false");
  await using leading = await lead(db, 4);
  // An hour ahead: by this clock both would be due.
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 3_600_000 });
  await leading.tickUntil(named, (all) => all.length === 1);
  assert.deepEqual(await named(), [due]);
  const { waitMs } = await leading.leadership.tick();
  assert.ok(waitMs >= 100, `looks again after ${waitMs} ms for a job that is due in half an hour`);
});
