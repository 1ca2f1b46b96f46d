import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { forgetExpired } from "../../src/worker/retention.ts";
import { createTestDatabase, type TestDatabase, testLogger, withClient } from "../helpers/database.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { makePeriod, periodsOf } from "../helpers/periods.ts";

/** Tables of which a week of jobs consists. */
const parts = 5;

let db: TestDatabase;
let short: TestOrganization;
let long: TestOrganization;
let unlimited: TestOrganization;
before(async () => {
  db = await createTestDatabase();
});
after(() => db.drop());
beforeEach(async () => {
  await asOwner(
    db,
    "truncate rowlock.job, rowlock.job_end, rowlock.job_events, rowlock.live, rowlock.policies",
  );
  // Weeks of the test before.
  await forget();
  [short, long, unlimited] = [
    await makeOrganization(db),
    await makeOrganization(db),
    await makeOrganization(db),
  ];
  await keep(short, "10 days");
  await keep(long, "100 days");
});

const keep = (who: TestOrganization, retention: string) =>
  asOwner(db, "insert into rowlock.policies (organization_id, retention) values ($1, $2)", [
    who.organizationId,
    retention,
  ]);

const forget = (longestDays?: number) =>
  forgetExpired({ pool: db.pool("task"), longestDays, logger: testLogger }, new AbortController().signal);

/** Ended jobs launched so long ago, each with an event; they ended a second later, or when it is said. */
async function ended(who: TestOrganization, launched: string, count = 1, finished = launched): Promise<void> {
  await asOwner(
    db,
    `with made as (
       select overlay(rowlock_private.uuid_at(now() - $2::interval)::text placing lpad(to_hex(n), 12, '0') from 25)::uuid as id
       from generate_series(1, $3::int) n
     ), jobs as (
       insert into rowlock.job (organization_id, id, task, payload, source, max_attempts)
       select $1, id, 'old', '{}', 'sql', 1 from made
     ), ends as (
       insert into rowlock.job_end (organization_id, id, run_at, finished_at, priority, attempt, state, task)
       select $1, id, now(), now() - $4::interval + interval '1 second', 0, 1, 'succeeded', 'old' from made
     )
     insert into rowlock.job_events (organization_id, id, job_id, kind, attempt, code, message)
     select $1, overlay(id::text placing 'f' from 25)::uuid, id, 'retried', 1, 'X', 'x' from made`,
    [who.organizationId, launched, count, finished],
  );
}

/** How many jobs, ends and events an organization has. */
async function rowsOf(who: TestOrganization): Promise<number[]> {
  const counts = ["job", "job_end", "job_events"].map(
    (table) => `(select count(*)::int from rowlock.${table} where organization_id = $1)`,
  );
  const [row] = await asOwner<{ n: number[] }>(db, `select array[${counts.join(", ")}] as n`, [
    who.organizationId,
  ]);
  return row?.n ?? [];
}

test("ended jobs go when their organization's retention has passed, with their events, and nobody else's do", async () => {
  await ended(short, "11 days", 2_500);
  await ended(short, "9 days", 3);
  for (const other of [long, unlimited]) await ended(other, "11 days", 3);
  await ended(long, "101 days", 2);
  assert.deepEqual(await forget(), { periods: 0, jobs: 2_502, packed: 0 });
  assert.deepEqual(await rowsOf(short), [3, 3, 3]);
  assert.deepEqual(await rowsOf(long), [3, 3, 3]);
  assert.deepEqual(await rowsOf(unlimited), [3, 3, 3]);
  assert.deepEqual(await forget(), { periods: 0, jobs: 0, packed: 0 });
});

test("a job that ended of late is kept, however long ago it was launched, and so is one that has not ended", async () => {
  await ended(short, "300 days", 1, "1 day");
  await asOwner(
    db,
    `with id as (select rowlock_private.uuid_at(now() - interval '200 days') as id),
       live as (insert into rowlock.live (organization_id, id, run_at, state, task) select $1, id, now(), 'scheduled', 'old' from id)
     insert into rowlock.job (organization_id, id, task, payload, source, max_attempts) select $1, id, 'old', '{}', 'sql', 1 from id`,
    [short.organizationId],
  );
  assert.deepEqual(await forget(), { periods: 0, jobs: 0, packed: 0 });
  assert.deepEqual(await rowsOf(short), [2, 1, 1]);
});

test("the platform's longest retention goes before an organization's own, and drops whole weeks of everybody's", async () => {
  const old = await makePeriod(db, "60 days");
  const young = await makePeriod(db, "32 days");
  await ended(unlimited, "60 days", 5);
  await ended(unlimited, "32 days", 5);
  await ended(long, "32 days", 5);
  // Some of that week is not 30 days old yet, or all of it is: by the day it is run on.
  const wholeWeekOver = Date.now() - 30 * 86_400_000 >= weekEnd(young);
  assert.deepEqual(
    await forget(30),
    wholeWeekOver ? { periods: 2, jobs: 0, packed: 0 } : { periods: 1, jobs: 5, packed: 0 },
  );
  assert.deepEqual(await periodsOf(db, old), []);
  assert.equal((await periodsOf(db, young)).length, wholeWeekOver ? 0 : parts);
  assert.deepEqual(await rowsOf(long), [0, 0, 0]);
  assert.deepEqual(await rowsOf(unlimited), wholeWeekOver ? [0, 0, 0] : [5, 5, 5]);
});
function weekEnd(week: string): number {
  return Date.parse(`${week.slice(0, 4)}-${week.slice(4, 6)}-${week.slice(6)}T00:00:00Z`) + 7 * 86_400_000;
}

test("a week with a job that has not ended is kept until it has", async () => {
  const week = await makePeriod(db, "70 days");
  await asOwner(
    db,
    `insert into rowlock.live (organization_id, id, run_at, state, task)
     values ($1, rowlock_private.uuid_at(now() - interval '70 days'), now(), 'scheduled', 'old')`,
    [unlimited.organizationId],
  );
  assert.equal((await forget(30)).periods, 0);
  assert.equal((await periodsOf(db, week)).length, parts);
  await asOwner(db, "delete from rowlock.live");
  assert.equal((await forget(30)).periods, 1);
  assert.deepEqual(await periodsOf(db, week), []);
});

test("a week that someone reads is left whole, soon, for the next round; without a setting no week is dropped", async () => {
  const week = await makePeriod(db, "80 days");
  await ended(unlimited, "80 days");
  assert.equal((await forget()).periods, 0);
  await withClient(db.urls.admin, async (reader) => {
    // Of the four the one that is dropped last.
    await reader.query(`begin; select * from rowlock.job_p${week}`);
    const began = performance.now();
    assert.equal((await forget(30)).periods, 0);
    assert.ok(performance.now() - began < 2_000);
    assert.equal((await periodsOf(db, week)).length, parts);
    await reader.query("commit");
  });
  assert.equal((await forget(30)).periods, 1);
});

test("while one worker forgets another leaves it alone", async () => {
  await ended(short, "11 days", 2);
  await withClient(db.urls.admin, async (other) => {
    await other.query("begin; select pg_advisory_xact_lock(1919905644, 4)");
    assert.deepEqual(await forget(30), { periods: 0, jobs: 0, packed: 0 });
    await other.query("commit");
  });
  assert.equal((await forget(30)).jobs, 2);
});

test("a week of which nothing is left is dropped without any setting; one with a job, or an event, is not", async () => {
  const weeks = {
    empty: await makePeriod(db, "80 days"),
    forgotten: await makePeriod(db, "70 days"),
    job: await makePeriod(db, "60 days"),
    event: await makePeriod(db, "50 days"),
    unfinished: await makePeriod(db, "40 days"),
  };
  await ended(short, "70 days", 20);
  await ended(long, "60 days");
  await asOwner(
    db,
    `insert into rowlock.job_events (organization_id, id, job_id, kind, attempt, code, message)
     select $1, rowlock_private.uuid_at(now() - interval '50 days'), rowlock_private.uuid_at(now() - interval '60 days'),
       'retried', 1, 'X', 'x'`,
    [long.organizationId],
  );
  await asOwner(
    db,
    `insert into rowlock.live (organization_id, id, run_at, state, task)
     values ($1, rowlock_private.uuid_at(now() - interval '40 days'), now(), 'scheduled', 'old')`,
    [long.organizationId],
  );
  assert.deepEqual(await forget(), { periods: 1, jobs: 20, packed: 0 });
  assert.deepEqual(await forget(), { periods: 1, jobs: 0, packed: 0 });
  const left = await Promise.all(Object.values(weeks).map((week) => periodsOf(db, week)));
  assert.deepEqual(
    left.map(({ length }) => length),
    [0, 0, parts, parts, parts],
  );
  const [coming] = await asOwner<{ weeks: number }>(
    db,
    "select count(distinct week)::int as weeks from rowlock_private.periods() where week + interval '7 days' > now()",
  );
  assert.equal(coming?.weeks, 5);
});

test("a launch under way when its week has ended keeps it", async () => {
  const week = await makePeriod(db, "80 days");
  await withClient(db.urls.admin, async (launching) => {
    await launching.query("begin; set local role rowlock_owner");
    await launching.query(
      `insert into rowlock.job (organization_id, id, task, payload, source, max_attempts)
       select $1, rowlock_private.uuid_at(now() - interval '80 days'), 'late', '{}', 'sql', 1`,
      [long.organizationId],
    );
    assert.equal((await forget()).periods, 0);
    await launching.query("commit");
  });
  assert.equal((await forget()).periods, 0);
  assert.equal((await periodsOf(db, week)).length, parts);
});
