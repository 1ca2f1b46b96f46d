import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { Discard, defineTask, launchBatch, launchJob } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { forgetExpired } from "../../src/worker/retention.ts";
import { createTestDatabase, type TestDatabase, testLogger } from "../helpers/database.ts";
import { deliver, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
const small = defineTask({ name: "small", input: z.object({}), run: () => undefined });
const doomed = defineTask({
  name: "doomed",
  input: z.object({}),
  run: () => {
    throw new Discard("as meant");
  },
});
const stepped = defineTask({
  name: "stepped",
  kind: "long",
  input: z.object({}),
  run: async (_, { step }) => void (await step("one", () => 1)),
});
before(async () => {
  db = await createTestDatabase();
  await register(db, small, doomed, stepped);
});
after(() => db.drop());

/** A complete batch, a job that waited for another, one with a step, one with an event; and a batch that is not complete. */
async function live(who: TestOrganization) {
  const as = <T>(work: Parameters<typeof withTenant<T>>[2]) => withTenant(db.pool("api"), who.member, work);
  const whole = await as((tx) => launchBatch(tx, { jobs: [{ task: "small" }, { task: "small" }] }));
  const first = await as((tx) => launchJob(tx, "small", {}));
  const second = await as((tx) => launchJob(tx, "small", {}, { dependsOn: [first] }));
  const step = await as((tx) => launchJob(tx, "stepped", {}));
  const failed = await as((tx) => launchJob(tx, "doomed", {}));
  const half = await as((tx) => launchBatch(tx, { jobs: [{ task: "small" }, { task: "small" }] }));
  for (const id of [...whole.jobIds, first, second, String(half.jobIds[0])]) await deliver(db, id, small);
  await deliver(db, step, stepped);
  await deliver(db, failed, doomed);
  return { half: half.id };
}

async function rowsOf({ organizationId }: TestOrganization): Promise<Record<string, number>> {
  const tables = ["live", "job", "job_end", "job_events", "job_steps", "dependencies", "batches"];
  const [row] = await asOwner<Record<string, number>>(
    db,
    `select ${tables.map((name) => `(select count(*)::int from rowlock.${name} where organization_id = $1) as ${name}`).join(", ")}`,
    [organizationId],
  );
  return { ...row };
}

const countsOf = (who: TestOrganization) =>
  withTenant(db.pool("api"), who.member, async (tx) => {
    const { rows } = await tx.query<{ state: string; jobs: string }>(
      "select * from rowlock.count_jobs() where jobs > 0 order by state",
    );
    return rows.map(({ state, jobs }) => `${state} ${jobs}`);
  });

const everything = { live: 1, job: 8, job_end: 7, job_events: 1, job_steps: 1, dependencies: 1, batches: 2 };

test("with its jobs go their events, steps, dependencies and batches; what is not complete stays, and what is another's", async () => {
  const [org, other] = [await makeOrganization(db), await makeOrganization(db)];
  const { half } = await live(org);
  await live(other);
  assert.deepEqual(await rowsOf(org), everything);
  for (let behind = "00000000-0000-0000-0000-000000000000"; ; ) {
    // Two at a time, so that a batch loses its jobs in turn.
    const { rows } = await db
      .pool("task")
      .query<{ last: string }>(
        "select * from rowlock_private.forget_jobs($1, now() + interval '1 hour', $2, 2)",
        [org.organizationId, behind],
      );
    if (rows[0] === undefined) break;
    behind = rows[0].last;
  }
  assert.deepEqual(await rowsOf(org), {
    live: 1,
    job: 1,
    job_end: 0,
    job_events: 0,
    job_steps: 0,
    dependencies: 0,
    batches: 1,
  });
  const [left] = await asOwner<{ id: string }>(
    db,
    "select id from rowlock.batches where organization_id = $1",
    [org.organizationId],
  );
  assert.equal(left?.id, half);
  assert.equal((await countsOf(org)).length, 1);
  assert.deepEqual(await rowsOf(other), everything);
  assert.deepEqual((await countsOf(other)).slice(0, 2), ["failed 1", "queued 1"]);
});

test("with a week that is dropped go the dependencies and batches of its jobs, and no others", async () => {
  const org = await makeOrganization(db);
  await live(org);
  const week = await asOwner<{ week: string; first: string; past: string }>(
    db,
    `select to_char(w, 'YYYYMMDD') as week, rowlock_private.uuid_at(w)::text as first, rowlock_private.uuid_at(w + interval '7 days')::text as past
     from date_trunc('week', now() - interval '70 days', 'UTC') w`,
  );
  const { week: name, first, past } = week[0] ?? assert.fail();
  for (const parent of ["job", "job_end", "job_events", "job_steps", "job_tags"]) {
    await asOwner(
      db,
      `create table rowlock.${parent}_p${name} partition of rowlock.${parent} for values from ('${first}') to ('${past}')`,
    );
  }
  await asOwner(
    db,
    `insert into rowlock.batches (organization_id, id, completed_at) values ('${org.organizationId}', '${first}', now());
     insert into rowlock.job (organization_id, id, task, payload, source, max_attempts, batch_id)
       values ('${org.organizationId}', '${first}', 'small', '{}', 'sql', 1, '${first}');
     insert into rowlock.job_end (organization_id, id, run_at, priority, attempt, state, task, batch_id)
       values ('${org.organizationId}', '${first}', now(), 0, 1, 'succeeded', 'small', '${first}');
     insert into rowlock.dependencies (organization_id, job_id, depends_on, if_failed, marked)
       values ('${org.organizationId}', '${first}', '${first}', 'cancel', true)`,
  );
  const forgotten = await forgetExpired(
    { pool: db.pool("task"), longestDays: 30, logger: testLogger },
    new AbortController().signal,
  );
  assert.equal(forgotten.periods, 1);
  assert.deepEqual(await rowsOf(org), everything);
});
