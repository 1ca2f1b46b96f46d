import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import { defineTask, launchJob } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import {
  brokerRows,
  createNotes,
  jobRow,
  jobRows,
  noteTexts,
  register,
  waitForJob,
} from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { spawnWorker } from "../helpers/worker.ts";
import lose from "./fixtures/lost-tasks/lose.ts";

const short = defineTask({ name: "short", timeoutMs: 30_000, input: z.object({}), run: () => undefined });

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  await register(db, lose, short);
});
after(() => db.drop());
beforeEach(async () => {
  await db.pool("admin").query(`
    truncate rowlock.live, rowlock.job, rowlock.job_end, rowlock.job_events, graphile_worker._private_jobs, app.notes;
    update rowlock_private.dispatch_state set busy = false`);
  org = await makeOrganization(db);
});

/** Reconciles; undefined when another was at it. */
async function reconcile(): Promise<{ jobs: string[]; woken: number } | undefined> {
  const { rows } = await db.pool("task").query("select * from rowlock_private.reconcile()");
  return rows[0];
}

const launch = () => withTenant(db.pool("api"), org.member, (tx) => launchJob(tx, short, {}));

/** Each of a later millisecond, as time itself goes on: that is all by which the ids of `uuid_at` differ. */
let aged = 0;

/** A job as it would be had it been launched, and begun if it is running, so many seconds ago; the broker has nothing. */
async function agedJob(state: string, seconds: number, source = "api"): Promise<string> {
  aged += 1;
  const [row] = await asOwner<{ id: string }>(
    db,
    `with made as (select rowlock_private.uuid_at(now() - $3::float8 * interval '1 second' - interval '1 second' + $5 * interval '1 millisecond') as id),
     wide as (insert into rowlock.job (organization_id, id, task, payload, source, max_attempts)
       select $1, id, 'short', '{}', $4, 3 from made)
     insert into rowlock.live (organization_id, id, run_at, state, task, attempt, fence, progress, started_at)
     select $1, id, rowlock.moment_of(id), $2, 'short', ($2 = 'running')::int, 4, case when $2 = 'running' then 0.5 end,
       case when $2 = 'running' then rowlock.moment_of(id) end
     from made returning id`,
    [org.organizationId, state, seconds, source, aged],
  );
  return row?.id ?? "";
}

async function addDelivery(payload: unknown, set = "run_at = now()", task = "short"): Promise<void> {
  const admin = db.pool("admin");
  const { rows } = await admin.query("select id from graphile_worker.add_job($1, $2)", [task, payload]);
  await admin.query(`update graphile_worker._private_jobs set ${set} where id = $1`, [rows[0]?.id]);
}

test("a job that is with a worker by its own row, and in no delivery, waits again", async () => {
  const [queued, running] = [await agedJob("queued", 11), await agedJob("running", 11)];
  const listening = await db.pool("admin").connect();
  await listening.query('listen "rowlock:dispatch"');
  const told = new Promise((resolve) => listening.once("notification", ({ payload }) => resolve(payload)));
  assert.deepEqual((await reconcile())?.jobs.toSorted(), [queued, running].toSorted());
  for (const id of [queued, running]) {
    const { state, attempt, fence, progress } = await jobRow(db, id);
    assert.deepEqual([state, attempt, fence, progress], ["waiting", 0, 5, null]);
  }
  assert.equal(await told, org.organizationId, "the dispatcher is told whose jobs came back");
  listening.release(true);
  const { rows } = await db.pool("admin").query("select job_id, kind, attempt, code from rowlock.job_events");
  assert.deepEqual(
    rows.toSorted((one, other) => (one.job_id < other.job_id ? -1 : 1)),
    [queued, running]
      .toSorted()
      .map((job_id) => ({ job_id, kind: "handed_back", attempt: 1, code: "DELIVERY_LOST" })),
  );
  assert.deepEqual((await reconcile())?.jobs, []);
});

test("what may be with a worker is left alone: young, named by a delivery, held, or run in place", async () => {
  const named = [await agedJob("queued", 60), await agedJob("running", 60), await agedJob("running", 60)];
  await addDelivery({ job: named[0] });
  await addDelivery({ jobs: named.slice(1) });
  const held = await agedJob("queued", 60);
  const kept = [
    ...named,
    held,
    await agedJob("queued", 8),
    await agedJob("running", 8),
    await agedJob("waiting", 60),
    await agedJob("scheduled", 60),
    // Its task may take 30 seconds, and then it has a minute.
    await agedJob("queued", 85, "run-task"),
    await agedJob("running", 85, "run-task"),
    await launch(),
  ];
  const past = [await agedJob("queued", 92, "run-task"), await agedJob("running", 92, "run-task")];
  const holder = await db.pool("admin").connect();
  await holder.query("begin");
  await holder.query("select from rowlock.live where id = $1 for update", [held]);
  const before = await jobRows(db, kept);
  assert.deepEqual((await reconcile())?.jobs.toSorted(), past.toSorted());
  assert.deepEqual(await jobRows(db, kept), before);
  await holder.query("rollback");
  holder.release();
  assert.deepEqual((await reconcile())?.jobs, [held]);
});

test("a long job begun a moment ago is left alone, however long ago it was launched", async () => {
  const id = await agedJob("queued", 300);
  await asOwner(db, "update rowlock.live set state = 'running', started_at = now() where id = $1", [id]);
  assert.deepEqual((await reconcile())?.jobs, []);
});

test("a delivery that the broker put off for long may be fetched at once; what a worker holds or others put there stays", async () => {
  const id = await launch();
  await db.pool("admin").query("delete from graphile_worker._private_jobs");
  await addDelivery({ job: id }, "run_at = now() + interval '1 hour', attempts = 8");
  await addDelivery({ job: id }, "run_at = now() + interval '20 seconds'");
  await addDelivery({ job: id }, "run_at = now() + interval '1 hour', locked_at = now(), locked_by = 'w'");
  await addDelivery({}, "run_at = now() + interval '1 hour'", "somebody-elses");
  assert.deepEqual(await reconcile(), { jobs: [], woken: 1 });
  const rows = (await brokerRows(db)).toSorted((one, other) => Number(one.id) - Number(other.id));
  assert.deepEqual(
    rows.map(({ runAt }) => runAt.getTime() <= Date.now() + 1_000),
    [true, false, false, false],
  );
  assert.equal(rows[0]?.attempts, 8);
});

test("while one looks another does not", async () => {
  const id = await agedJob("queued", 60);
  const first = await db.pool("task").connect();
  await first.query("begin");
  await first.query("select * from rowlock_private.reconcile()");
  assert.equal(await reconcile(), undefined);
  await first.query("rollback");
  first.release();
  assert.deepEqual((await reconcile())?.jobs, [id]);
});

test("a worker mends by itself, and says so: a delivery that ended as lost, one that is gone, one put off for an hour", async () => {
  const lost = await withTenant(db.pool("api"), org.member, (tx) => launchJob(tx, lose, { text: "twice" }));
  const gone = await agedJob("running", 60);
  await asOwner(db, "update rowlock.live set task = 'lose' where id = $1", [gone]);
  await asOwner(db, `update rowlock.job set task = 'lose', payload = '{"text": "gone"}' where id = $1`, [
    gone,
  ]);
  const late = await withTenant(db.pool("api"), org.member, (tx) => launchJob(tx, lose, { text: "late" }));
  await db
    .pool("admin")
    .query(
      "update graphile_worker._private_jobs set run_at = now() + interval '1 hour' where payload ->> 'job' = $1",
      [late],
    );
  await using worker = spawnWorker(db, "rowlock", {
    TASKS_DIR: join(import.meta.dirname, "fixtures/lost-tasks"),
    LOG_LEVEL: "warn",
  });
  for (const id of [lost, gone, late]) {
    const { result } = await waitForJob(db, id, "succeeded", 60_000);
    assert.deepEqual(result, { attempt: 1 }, "no attempt is counted");
  }
  assert.match(worker.output(), /Jobs that no delivery of the queue named run again: \d/);
  for (const id of [lost, gone, late]) assert.match(worker.output(), new RegExp(id), "named in the log");
  assert.match(worker.output(), /Deliveries that the queue had put off for long run now: 1/);
  assert.deepEqual(await noteTexts(db), ["gone", "gone", "late", "late", "twice", "twice"]);
  await worker.end("SIGTERM");
});
