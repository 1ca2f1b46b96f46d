import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase, withClient } from "../helpers/database.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
let [ours, theirs] = [] as unknown as [TestOrganization, TestOrganization];
before(async () => {
  db = await createTestDatabase();
  [ours, theirs] = [await makeOrganization(db), await makeOrganization(db)];
});
after(() => db.drop());

/** Ends jobs of an organization, launched so many weeks from this one. */
const end = `
  insert into rowlock.job_end (organization_id, id, run_at, priority, attempt, state, task, error_code)
  select $1, overlay(rowlock.uuid7()::text placing left(rowlock_private.uuid_at(
           date_trunc('week', now(), 'UTC') + $2 * interval '1 week' + interval '1 day')::text, 13) from 1 for 13)::uuid,
         now(), 0, 1, $3, 'x', case when $3 <> 'succeeded' then 'X' end
  from generate_series(1, $4) returning id`;

async function endJobs(who: TestOrganization, week: number, state: string, jobs = 1): Promise<string[]> {
  const rows = await asOwner<{ id: string }>(db, end, [who.organizationId, week, state, jobs]);
  return rows.map(({ id }) => id);
}

/** What the function says; the same as counting every row, or the test fails. */
async function counts(who: TestOrganization): Promise<Record<string, number>> {
  const ask = async (sql: string) =>
    await withTenant(db.pool("api"), who.member, async (tx) => {
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

/** One step, as if it were so many weeks later. */
async function step(weeks: number): Promise<boolean> {
  const { rows } = await db
    .pool("task")
    .query<{ took: boolean }>("select rowlock_private.count_week(now() + $1 * interval '1 week') as took", [
      weeks,
    ]);
  return rows[0]?.took === true;
}

const kept = async () =>
  (await asOwner<{ jobs: string }>(db, "select coalesce(sum(jobs), 0) as jobs from rowlock.ended_counts"))[0]
    ?.jobs;

test("weeks gone by are counted once, and whatever ends or is deleted at any moment is counted too", async () => {
  const [gone] = await endJobs(ours, 0, "succeeded", 30);
  await endJobs(ours, 0, "failed", 3);
  await endJobs(theirs, 0, "cancelled", 7);
  await endJobs(ours, 1, "succeeded", 5);
  await endJobs(ours, 40, "failed", 2);
  await asOwner(
    db,
    `insert into rowlock.live (organization_id, id, run_at, state, task)
     values ('${ours.organizationId}', rowlock.uuid7(), now(), 'waiting', 'x')`,
  );
  const begun = { failed: 5, succeeded: 35, waiting: 1 };
  assert.deepEqual(await counts(ours), begun);
  assert.equal(await step(0), false, "this week is not over");

  // Its lock waits for whoever writes without the trigger.
  await withClient(db.urls.admin, async (writer) => {
    await writer.query("begin; set local role rowlock_owner");
    await writer.query(end, [ours.organizationId, 0, "failed", 1]);
    assert.equal(await step(2), false, "a transaction that ends a job of that week is open");
    await writer.query("commit");
  });
  assert.deepEqual(await counts(ours), { ...begun, failed: 6 });

  assert.equal(await step(2), true, "changes are noted");
  const noted = Number(await kept());
  await endJobs(ours, 0, "cancelled", 2);
  await asOwner(db, "delete from rowlock.job_end where id = $1", [gone]);
  assert.equal(Number(await kept()) - noted, 2 - 1);
  const then = { cancelled: 2, failed: 6, succeeded: 34, waiting: 1 };
  assert.deepEqual(await counts(ours), then);

  assert.equal(await step(2), true, "the rows are counted");
  assert.deepEqual(await counts(ours), then);
  assert.deepEqual(await counts(theirs), { cancelled: 7 });
  const rows = await asOwner(db, "select from rowlock.ended_counts where counted_to is not null");
  assert.equal(rows.length, 4, "three states of ours and one of theirs");

  await endJobs(ours, 0, "succeeded", 4);
  await endJobs(theirs, 0, "failed");
  await asOwner(db, "delete from rowlock.job_end where organization_id = $1 and state = 'cancelled'", [
    ours.organizationId,
  ]);
  assert.deepEqual(await counts(ours), { failed: 6, succeeded: 38, waiting: 1 });
  assert.deepEqual(await counts(theirs), { cancelled: 7, failed: 1 });

  while (await step(60)) assert.deepEqual(await counts(ours), { failed: 6, succeeded: 38, waiting: 1 });
  await endJobs(ours, 40, "failed", 2);
  assert.deepEqual(await counts(ours), { failed: 8, succeeded: 38, waiting: 1 });
});

test("jobs that are forgotten leave their week's number right, and nothing of their own", async () => {
  const who = await makeOrganization(db);
  const forget = async (most: number) => {
    const { rows } = await db
      .pool("task")
      .query<{ jobs: number }>("select jobs from rowlock_private.forget_jobs($1, now() + $2, $3, $4)", [
        who.organizationId,
        "60 weeks",
        "00000000-0000-0000-0000-000000000000",
        most,
      ]);
    return rows[0]?.jobs;
  };
  const notes = async () =>
    await asOwner<{ jobs: string; total: boolean }>(
      db,
      "select jobs::text, counted_to is not null as total from rowlock.ended_counts where organization_id = $1 order by 1",
      [who.organizationId],
    );
  // A week that is not counted, nor noted, any more.
  const [week] = await asOwner<{ name: string }>(
    db,
    `delete from rowlock_private.counted_weeks c where week = (select max(week) from rowlock_private.counted_weeks)
     returning to_char(week, '"rowlock.job_end_p"YYYYMMDD') as name`,
  );
  await asOwner(db, `drop trigger note_ended on ${week?.name}`);
  await endJobs(who, 4, "succeeded", 30);
  assert.deepEqual(await notes(), []);
  assert.equal(await step(60), true);
  assert.equal(await forget(5), 5);
  assert.deepEqual(await notes(), [{ jobs: "-5", total: false }]);
  assert.equal(await step(60), true);
  assert.deepEqual(await notes(), [{ jobs: "25", total: true }]);
  assert.deepEqual(await counts(who), { succeeded: 25 });

  // Counted; one ended since, and stands there by itself.
  await endJobs(who, 4, "failed");
  assert.equal(await forget(20), 20);
  const left = Object.values(await counts(who)).reduce((sum, jobs) => sum + jobs, 0);
  assert.equal(left, 6);
  assert.equal(await forget(20), left);
  assert.deepEqual(await counts(who), {});
  assert.deepEqual(
    (await notes()).filter(({ jobs }) => jobs !== "0"),
    [],
  );
});

test("without claims nothing is counted", async () => {
  await withClient(db.urls.api, async (client) => {
    await client.query("begin; set local role rowlock_tenant");
    const { rows } = await client.query("select * from rowlock.count_jobs()");
    assert.deepEqual(rows, []);
  });
});
