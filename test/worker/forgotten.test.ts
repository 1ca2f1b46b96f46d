import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import { defineTask, findBatch, launchBatch, launchJob, retryJob } from "../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { forgetExpired } from "../../src/worker/retention.ts";
import { createTestDatabase, type TestDatabase, testLogger, withClient } from "../helpers/database.ts";
import { type IdTime, ownIdTime } from "../helpers/id-time.ts";
import { deliver, jobRow, register, until } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { makePeriod } from "../helpers/periods.ts";

const input = z.object({ fails: z.boolean().default(false) });
const plain = defineTask({
  name: "plain",
  input,
  maxAttempts: 1,
  run({ fails }) {
    if (fails) throw new Error("as meant");
  },
});
const stepping = defineTask({
  name: "stepping",
  kind: "long",
  input,
  async run(_, { step }) {
    await step("first", async () => 1);
    await step("second", async () => 2);
  },
});
const week = 7 * 86_400;
const longAgo = 9 * week;

let db: TestDatabase;
let idTime: IdTime;
let [ours, theirs] = [] as unknown as [TestOrganization, TestOrganization];
before(async () => {
  db = await createTestDatabase();
  await register(db, plain, stepping);
  idTime = await ownIdTime(db);
});
after(() => db.drop());
beforeEach(async () => {
  [ours, theirs] = [await makeOrganization(db), await makeOrganization(db)];
});

const as = <T>(work: (tx: TenantTransaction) => Promise<T>, who = ours): Promise<T> =>
  withTenant(db.pool("api"), who.member, work);

/** Launches and ends a batch of a job that failed and one that took steps, the second depending on the first. */
async function endBatch(who: TestOrganization): Promise<{ batch: string; failed: string; stepped: string }> {
  const { id, jobIds } = await as(
    (tx) =>
      launchBatch(tx, {
        jobs: [
          { task: "plain", payload: { fails: true }, name: "failed" },
          { task: "stepping", dependsOn: ["failed"], ifFailed: "go on" },
        ],
      }),
    who,
  );
  const [failed = "", stepped = ""] = jobIds;
  await deliver(db, failed, plain);
  await deliver(db, stepped, stepping);
  return { batch: id, failed, stepped };
}

/** What an organization has of all that goes with a job. */
async function rowsOf(who: TestOrganization): Promise<Record<string, number>> {
  const tables = ["job", "job_end", "job_events", "job_steps", "dependencies", "batches", "live"];
  const counts = tables.map(
    (table) => `(select count(*)::int from rowlock.${table} where organization_id = $1) as ${table}`,
  );
  const [row] = await asOwner<Record<string, number>>(db, `select ${counts.join(", ")}`, [
    who.organizationId,
  ]);
  return row ?? {};
}
const oneBatch = {
  job: 2,
  job_end: 2,
  job_events: 1,
  job_steps: 2,
  dependencies: 1,
  batches: 1,
  live: 0,
};
const nothing = Object.fromEntries(Object.keys(oneBatch).map((table) => [table, 0]));

/** Forgets what has ended until now. */
async function forgetAll(who: TestOrganization): Promise<number> {
  const { rows } = await db.pool("task").query<{ jobs: number }>(
    `select jobs from rowlock_private.forget_jobs($1, now() + interval '1 second',
       '00000000-0000-0000-0000-000000000000', 1000)`,
    [who.organizationId],
  );
  return rows[0]?.jobs ?? 0;
}

/** What the organization is told; the same as counting every row, or the test fails. */
async function counts(): Promise<Record<string, number>> {
  const ask = async (sql: string) =>
    await as(async (tx) => {
      const { rows } = await tx.query<{ state: string; jobs: string }>(sql);
      return Object.fromEntries(rows.map(({ state, jobs }) => [state, Number(jobs)]));
    });
  const counted = await ask("select state, jobs from rowlock.count_jobs() order by state");
  assert.deepEqual(
    counted,
    await ask("select state, count(*) as jobs from rowlock.jobs group by state order by state"),
  );
  return counted;
}

test("a batch stays while a job of it is unfinished, be it one that runs again, or while it has had none", async () => {
  const open = await as((tx) => launchBatch(tx, { jobs: [{ task: "plain" }, { task: "plain" }] }));
  await deliver(db, open.jobIds[0] ?? "", plain);
  const again = await endBatch(ours);
  await as((tx) => retryJob(tx, again.failed));
  const empty = await as((tx) => launchBatch(tx, {}));
  assert.equal(await forgetAll(ours), 2);
  assert.deepEqual(await rowsOf(ours), { ...nothing, job: 2, job_events: 2, batches: 3, live: 2 });
  assert.deepEqual(await counts(), { queued: 1, waiting: 1 });

  await deliver(db, open.jobIds[1] ?? "", plain);
  await deliver(db, again.failed, plain);
  assert.notEqual((await as((tx) => findBatch(tx, open.id)))?.completedAt, null);
  assert.equal(await forgetAll(ours), 2);
  assert.deepEqual(await rowsOf(ours), { ...nothing, batches: 1 });
  assert.notEqual(await as((tx) => findBatch(tx, empty.id)), undefined);
});

test("a job that is blocked outlives those it has waited for, and goes on", async () => {
  const first = await as((tx) => launchJob(tx, plain, {}));
  const second = await as((tx) => launchJob(tx, plain, {}));
  const last = await as((tx) => launchJob(tx, plain, {}, { dependsOn: [first, second] }));
  await deliver(db, first, plain);
  assert.equal(await forgetAll(ours), 1);
  assert.equal((await jobRow(db, last)).state, "blocked");
  assert.equal((await rowsOf(ours)).dependencies, 2);
  await deliver(db, second, plain);
  await deliver(db, last, plain);
  assert.equal((await jobRow(db, last)).state, "succeeded");
});

test("a job that ended late keeps what goes with it, though it was launched before others that are forgotten", async () => {
  const early = await endBatch(ours);
  await endBatch(ours);
  await asOwner(db, "update rowlock.job_end set finished_at = now() + interval '1 day' where id = any($1)", [
    [early.failed, early.stepped],
  ]);
  assert.equal(await forgetAll(ours), 2);
  assert.deepEqual(await rowsOf(ours), oneBatch);
});

test("a job that somebody has run again at this very moment is not forgotten", async () => {
  const { failed } = await endBatch(ours);
  await withClient(db.urls.admin, async (client) => {
    await client.query("begin; set local role rowlock_owner");
    await client.query("select rowlock_private.retry($1, array[$2::uuid])", [ours.organizationId, failed]);
    const forgetting = forgetAll(ours);
    await until(
      () =>
        asOwner(
          db,
          "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%forget_jobs%' and datname = current_database()",
        ),
      ({ length }) => length === 1,
    );
    await client.query("commit");
    assert.equal(await forgetting, 1);
  });
  const { state, payload } = await jobRow(db, failed);
  assert.deepEqual([state, payload], ["waiting", { fails: true }]);
  const { batches, live, job } = await rowsOf(ours);
  assert.deepEqual({ batches, live, job }, { batches: 1, live: 1, job: 1 });
});

test("with a week go its jobs' events, steps, dependencies and batches; a batch that reaches into a younger week stays", async () => {
  await makePeriod(db, `${longAgo} seconds`);
  await idTime.shift(-longAgo);
  const old = await endBatch(ours);
  await endBatch(theirs);
  const spanning = await as((tx) => launchBatch(tx, { jobs: [{ task: "plain" }] }));
  const open = await as((tx) => launchBatch(tx, {}));
  const alone = await as((tx) => launchJob(tx, plain, {}, { batchId: open.id }));
  await idTime.shift(0);
  const [then = ""] = spanning.jobIds;
  const now = await as((tx) => launchJob(tx, plain, {}, { batchId: spanning.id, dependsOn: [then] }));
  for (const id of [then, alone]) await deliver(db, id, plain);
  const kept = await endBatch(ours);

  const options = { pool: db.pool("task"), longestDays: longAgo / 86_400 - 14, logger: testLogger };
  const { periods } = await forgetExpired(options, new AbortController().signal);
  assert.equal(periods, 1);
  assert.deepEqual(await rowsOf(theirs), nothing);
  assert.deepEqual(await rowsOf(ours), { ...oneBatch, job: 3, dependencies: 2, batches: 2, live: 1 });
  const jobsOf = async (id: string) => (await as((tx) => findBatch(tx, id)))?.progress.jobs;
  const left = await Promise.all([spanning.id, kept.batch, open.id, old.batch].map(jobsOf));
  assert.deepEqual(left, [1, 2, undefined, undefined]);
  await deliver(db, now, plain);
  assert.deepEqual(await counts(), { failed: 1, succeeded: 2 });
});
