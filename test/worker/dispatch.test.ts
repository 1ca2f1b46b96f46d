import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { LaunchOptions } from "../../src/sdk/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { jobsOf } from "../helpers/dispatcher.ts";
import { brokerRows, createNotes, jobRow, jobRows, noteTexts, until } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { makeTasks } from "../helpers/tasks.ts";
import { spawnWorker, startTestWorker } from "../helpers/worker.ts";

let db: TestDatabase;
let tasks: Awaited<ReturnType<typeof makeTasks>>;
let a: TestOrganization;
let b: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  tasks = await makeTasks();
  // Writes the catalogue.
  await (await startTestWorker(db, env())).stop();
});
after(async () => {
  await tasks[Symbol.asyncDispose]();
  await db.drop();
});
beforeEach(async () => {
  await db.pool("admin").query(`
    truncate rowlock.live, rowlock.job, rowlock.job_end, rowlock.job_events, graphile_worker._private_jobs,
      app.notes, rowlock.policies;
    update rowlock_private.dispatch_state set busy = false`);
  [a, b] = [await makeOrganization(db), await makeOrganization(db)];
});

function env(more: Record<string, string> = {}): Record<string, string> {
  return { TASKS_DIR: tasks.dir, WORKER_CONCURRENCY: "4", ...more };
}

/** Launches `count` jobs in one statement; ids in order. */
async function launch(
  who: TestOrganization,
  task: string,
  count: number,
  { text = task, runAt }: LaunchOptions & { text?: string } = {},
): Promise<string[]> {
  return await withTenant(db.pool("api"), who.member, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      `select rowlock.launch_jobs($1, (select array_agg(jsonb_build_object('text', $2 || ' ' || n)
         order by n) from generate_series(1, $3::int) n), run_at => $4) as id`,
      [task, text, count, runAt ?? null],
    );
    return rows.map(({ id }) => id);
  });
}

const policy = (who: TestOrganization, set: { weight?: number; cap?: number | null; paused?: boolean }) =>
  asOwner(
    db,
    `insert into rowlock.policies (organization_id, weight, max_running, paused) values ($1, $2, $3, $4)
     on conflict (organization_id) do update set weight = excluded.weight, max_running = excluded.max_running, paused = excluded.paused`,
    [who.organizationId, set.weight ?? 1, set.cap ?? null, set.paused ?? false],
  );

async function endedOf(who: TestOrganization): Promise<number> {
  const { rows } = await db
    .pool("admin")
    .query<{ n: number }>("select count(*)::int as n from rowlock.job_end where organization_id = $1", [
      who.organizationId,
    ]);
  return rows[0]?.n ?? 0;
}
const allEnded = (who: TestOrganization, count: number, timeoutMs = 30_000) =>
  until(
    () => endedOf(who),
    (n) => n === count,
    timeoutMs,
  );
const isBusy = async () =>
  (await db.pool("admin").query("select busy from rowlock_private.dispatch_state")).rows[0]?.busy === true;

test("A has 20,000 jobs; B's ten are done within a second while A goes on, and each effect is there once", async () => {
  await launch(a, "small", 20_000, { text: "A" });
  await using _worker = await startTestWorker(db, env());
  await until(
    () => endedOf(a),
    (n) => n > 500,
  );
  const begun = performance.now();
  await launch(b, "slow", 10, { text: "B" });
  await allEnded(b, 10);
  const took = performance.now() - begun;
  assert.ok(took < 1_000, `B waited ${took} ms`);
  const before = await endedOf(a);
  assert.ok(before < 20_000, "A was not done by then");
  await allEnded(a, 20_000);
  const texts = await noteTexts(db);
  assert.equal(texts.length, 20_010);
  assert.equal(new Set(texts).size, 20_010);
});

test("weights 1 to 2 to 4 give jobs in that proportion", async () => {
  const c = await makeOrganization(db);
  for (const [who, weight] of [
    [a, 1],
    [b, 2],
    [c, 4],
  ] as const) {
    await policy(who, { weight });
    await launch(who, "slow", 4_000);
  }
  await using _worker = await startTestWorker(db, env());
  const [x, y, z] = await until(
    () => Promise.all([endedOf(a), endedOf(b), endedOf(c)]),
    ([, , most]) => most > 1_600,
  );
  const near = (got: number, want: number) => Math.abs(got / want - 1) < 0.15;
  assert.ok(near(y / x, 2) && near(z / x, 4), JSON.stringify([x, y, z]));
});

test("a paused organization costs the others nothing, and goes on when the pause ends", async () => {
  await policy(a, { paused: true });
  await launch(a, "small", 3_000, { text: "A" });
  await launch(b, "small", 1_000, { text: "B" });
  await using _worker = await startTestWorker(db, env());
  await allEnded(b, 1_000);
  assert.equal(await endedOf(a), 0);
  assert.equal((await jobRows(db)).filter(({ state }) => state === "queued").length, 0);
  await policy(a, { paused: false });
  await allEnded(a, 3_000);
});

test("a cap is exact with two workers: never above, and used to the full", async () => {
  await policy(a, { cap: 3 });
  await using _one = spawnWorker(db, "rowlock", env());
  await using _two = spawnWorker(db, "rowlock", env());
  await launch(a, "lone", 60);
  await launch(a, "lone", 60, { text: "more" });
  await launch(b, "lone", 200);
  let most = 0;
  await until(
    async () => {
      const { rows } = await db.pool("admin").query<{ n: number }>(
        `select count(distinct j.id)::int as n from graphile_worker._private_jobs j
           join rowlock.live l on l.id::text = any(array(select json_array_elements_text(j.payload -> 'jobs')) || (j.payload ->> 'job'))
           where l.organization_id = $1`,
        [a.organizationId],
      );
      most = Math.max(most, rows[0]?.n ?? 0);
      return await endedOf(a);
    },
    (n) => n === 120,
  );
  assert.equal(most, 3);
});

test("while nobody waits a launch is handed over there and then", async (t) => {
  await using _worker = await startTestWorker(db, env());
  await launch(a, "small", 1);
  await allEnded(a, 1);
  const waits: number[] = [];
  for (let n = 2; n <= 21; n += 1) {
    const begun = performance.now();
    await launch(a, "small", 1);
    await allEnded(a, n);
    waits.push(performance.now() - begun);
  }
  const median = waits.toSorted((x, y) => x - y)[10] ?? 0;
  const { rows } = await db.pool("admin").query<{ ms: number }>(
    `select round(percentile_cont(0.5) within group (order by extract(epoch from started_at - run_at) * 1000)::numeric, 1)::float as ms
     from rowlock.job_end`,
  );
  t.diagnostic(`launch to start, median: ${rows[0]?.ms} ms; launch to end: ${median.toFixed(1)} ms`);
  assert.ok(median < 60, `${median} ms`);
});

test("while jobs wait a launch leaves the broker alone, and is found within half a second", async () => {
  await launch(a, "slow", 6_000);
  await using _worker = await startTestWorker(db, env());
  await until(isBusy, (busy) => busy);
  const begun = performance.now();
  const [id = ""] = await withTenant(db.pool("api"), b.member, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      "select rowlock.launch_job('lone', '{\"text\": \"b\"}') as id",
    );
    const { rows: state } = await tx.query<{ state: string }>(
      "select state from rowlock.jobs where id = $1",
      [rows[0]?.id],
    );
    assert.equal(state[0]?.state, "waiting");
    return rows.map((row) => row.id);
  });
  assert.deepEqual(
    (await brokerRows(db)).filter((row) => row.payload.job === id && row.task !== "lone"),
    [],
  );
  await allEnded(b, 1);
  const took = performance.now() - begun;
  assert.ok(took < 700, `${took} ms`);
});

test("a launch that commits long after its id was made is found, though the dispatcher has passed it", async () => {
  await launch(a, "slow", 3_000);
  await using _worker = await startTestWorker(db, env());
  await until(isBusy, (busy) => busy);
  const { promise: open, resolve: commit } = Promise.withResolvers<void>();
  const late = withTenant(db.pool("api"), a.member, async (tx) => {
    await tx.query("select rowlock.launch_job('small', '{\"text\": \"late\"}')");
    await open;
  });
  await sleep(600);
  // Later ones of the same organization, so that its key moves beyond the one that is not committed.
  await launch(a, "small", 150, { text: "after" });
  await until(
    async () => (await noteTexts(db)).filter((text) => text.startsWith("after")).length,
    (n) => n > 0,
  );
  commit();
  await late;
  await until(
    () => noteTexts(db),
    (texts) => texts.includes("late"),
    3_000,
  );
});

test("scheduled jobs and retries are run when their time has come, not before", async () => {
  await using _worker = await startTestWorker(db, env());
  const [flaky = ""] = await launch(a, "flaky", 1);
  const runAt = new Date(Date.now() + 700);
  const [later = ""] = await launch(a, "small", 1, { text: "later", runAt });
  assert.equal((await jobRow(db, later)).state, "scheduled");
  assert.ok(!(await brokerRows(db)).some((row) => row.payload.job === later));
  await allEnded(a, 2);
  const { rows } = await db
    .pool("admin")
    .query<{ id: string; late: number; attempt: number }>(
      "select id, extract(epoch from started_at - run_at) * 1000 as late, attempt from rowlock.job_end where organization_id = $1",
      [a.organizationId],
    );
  for (const { id, late } of rows) assert.ok(Number(late) >= 0 && Number(late) < 700, `${id}: ${late} ms`);
  assert.equal(rows.find(({ id }) => id === flaky)?.attempt, 2);
});

test("when the dispatcher is killed another goes on; a bundle's effects are there once", async () => {
  await using first = spawnWorker(db, "rowlock", env());
  const leader = () =>
    db
      .pool("admin")
      .query<{ pid: number }>(
        "select pid from pg_locks where locktype = 'advisory' and classid = 1919905644 and objid = 1 and granted and database = (select oid from pg_database where datname = current_database())",
      );
  await until(leader, ({ rows }) => rows.length === 1);
  await using _second = spawnWorker(db, "rowlock", env());
  await launch(a, "slow", 4_000);
  await until(
    () => endedOf(a),
    (n) => n > 300,
  );
  const before = (await leader()).rows[0]?.pid;
  await first.end("SIGKILL");
  await until(leader, ({ rows }) => rows.length === 1 && rows[0]?.pid !== before);
  await allEnded(a, 4_000);
  const texts = await noteTexts(db);
  assert.equal(texts.length, 4_000);
  assert.equal(new Set(texts).size, 4_000);
});

test("jobs of a task that opts out share deliveries and never a transaction; others share both", async () => {
  await launch(a, "lone", 120);
  await launch(b, "small", 400);
  const seen = new Set<string>();
  await using _worker = await startTestWorker(db, env());
  await until(
    async () => {
      for (const { task, payload } of await brokerRows(db)) if (jobsOf(payload).length > 1) seen.add(task);
      return (await endedOf(a)) + (await endedOf(b));
    },
    (n) => n === 520,
  );
  assert.deepEqual([...seen].toSorted(), ["lone", "small"]);
  const { rows } = await db.pool("admin").query<{ task: string; transactions: number; jobs: number }>(
    `select task, count(distinct xmin::text)::int as transactions, count(*)::int as jobs
     from rowlock.job_end group by task order by task`,
  );
  const [lone, small] = rows;
  assert.deepEqual([lone?.transactions, lone?.jobs], [120, 120]);
  assert.ok((small?.transactions ?? 400) < 200, `${small?.transactions} transactions of 400 jobs`);
});
