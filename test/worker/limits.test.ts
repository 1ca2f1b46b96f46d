import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { withTenant } from "../../src/tenancy/index.ts";
import {
  type Fleet,
  launch,
  setPolicies,
  setTaskPolicy,
  startFleet,
  untilEnded,
} from "../acceptance/broker/fleet.ts";
import { createSpans, mostAtOnce, mostInWindow, readSpans, type Span } from "../acceptance/broker/spans.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { deliveries } from "../helpers/dispatcher.ts";
import { createNotes, jobRows, noteTexts, until } from "../helpers/jobs.ts";
import { makeOrganization } from "../helpers/organization.ts";
import { makeTasks } from "../helpers/tasks.ts";
import { spawnWorker, startTestWorker } from "../helpers/worker.ts";

const env = { WORKER_CONCURRENCY: "10" };
const timedTasks = join(import.meta.dirname, "../acceptance/broker/tasks");

/**
 * When jobs began first: of one that lost its worker while it ran, the row has its second start, which no rate counts
 * (docs/jobs.md), and its slot the first.
 */
async function startsOf(db: TestDatabase, task: string): Promise<Span[]> {
  const { rows } = await db.pool("admin").query<{ at: number }>(
    `select extract(epoch from least(e.started_at, min(s.started_at)))::float8 * 1000 as at
     from rowlock.job_end e left join rowlock_private.rate_slots s on s.job_id = e.id
     where e.task = $1 group by e.id, e.started_at order by 1`,
    [task],
  );
  return rows.map(({ at }) => ({ organizationId: "", task, label: "", began: at, ended: at }));
}

test("a key's limit holds exactly in each organization under two workers, and each key has its own", async () => {
  await using fleet = await startFleet(2, env);
  const [a, b] = [await makeOrganization(fleet.db), await makeOrganization(fleet.db)];
  for (const label of ["x", "y"]) {
    for (const who of [a, b]) await launch(fleet, who, "timed-by-key", 15, { ms: 60, label });
  }
  for (const who of [a, b]) await untilEnded(fleet, who, 30);
  const spans = await readSpans(fleet.db);
  assert.equal(spans.length, 60);
  for (const who of [a, b]) {
    for (const key of ["x", "y"]) {
      const mine = spans.filter(
        ({ organizationId, label }) => organizationId === who.organizationId && label === key,
      );
      assert.equal(mostAtOnce(mine), 3, `of ${key}`);
    }
  }
  assert.ok(mostAtOnce(spans) > 6, "keys and organizations do not wait for each other");
});

test("a rate is never exceeded in any window, though the dispatcher is killed, and goes on to the last job", async () => {
  await using db = await createTestDatabase();
  await createSpans(db);
  const fleet: Fleet = { db, [Symbol.asyncDispose]: db.drop };
  const workers = (count: number) =>
    until(
      () => db.pool("admin").query("select from rowlock_private.workers"),
      ({ rowCount }) => rowCount === count,
    );
  // The first leads.
  await using leader = spawnWorker(db, "rowlock", { ...env, TASKS_DIR: timedTasks });
  await workers(1);
  await using heir = spawnWorker(db, "rowlock", { ...env, TASKS_DIR: timedTasks });
  await workers(2);
  const [a, b, c] = [await makeOrganization(db), await makeOrganization(db), await makeOrganization(db)];
  await setPolicies(fleet, [a], { rate_jobs: 8, rate_ms: 400 });
  await setTaskPolicy(fleet, "timed-long", { rate_jobs: 5, rate_ms: 500 });
  await launch(fleet, a, "timed-transactional", 60, { ms: 3 });
  for (const who of [b, c]) await launch(fleet, who, "timed-long", 15, { ms: 30 });
  const begun = performance.now();
  await untilEnded(fleet, a, 20);
  await leader.end("SIGKILL");
  await untilEnded(fleet, a, 60);
  for (const who of [b, c]) await untilEnded(fleet, who, 15);
  const seconds = (performance.now() - begun) / 1_000;
  const transactional = (await readSpans(db)).filter(({ task }) => task === "timed-transactional");
  assert.equal(transactional.length, 60);
  assert.ok(mostInWindow(transactional, 400) <= 8, `${mostInWindow(transactional, 400)} in a window`);
  const long = await startsOf(db, "timed-long");
  assert.equal(long.length, 30);
  assert.ok(mostInWindow(long, 500) <= 5, `${mostInWindow(long, 500)} in a window`);
  // 60 at 8 in 0.4 s and 30 at 5 in 0.5 s take 3 s; the rest is what a change of leaders costs.
  assert.ok(seconds < 15, `${seconds} s`);
  await heir.end("SIGTERM");
});

test("what a delivery has no time for runs all the same, soon and once", async () => {
  await using db = await createTestDatabase();
  await createNotes(db);
  await using tasks = await makeTasks();
  const workerEnv = { TASKS_DIR: tasks.dir, WORKER_CONCURRENCY: "2" };
  await (await startTestWorker(db, workerEnv)).stop();
  const org = await makeOrganization(db);
  await db.pool("admin").query("update rowlock_private.dispatch_state set busy = true");
  const ids = await withTenant(db.pool("api"), org.member, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      `select rowlock.launch_jobs('tardy', (select array_agg(jsonb_build_object('text', 'n ' || n) order by n)
         from generate_series(10, 39) n)) as id`,
    );
    return rows.map(({ id }) => id);
  });
  await using _worker = await startTestWorker(db, workerEnv);
  let largest = 0;
  await until(
    async () => {
      for (const jobs of await deliveries(db)) largest = Math.max(largest, jobs.length);
      return await jobRows(db, ids);
    },
    (rows) => rows.every(({ state }) => state === "succeeded"),
  );
  assert.ok(largest * 110 > 300 + 110, `a delivery of ${largest} jobs has time for all of them`);
  assert.ok((await jobRows(db, ids)).every(({ attempt }) => attempt === 1));
  assert.deepEqual(
    await noteTexts(db),
    Array.from({ length: 30 }, (_, n) => `n ${n + 10}`),
  );
});
