import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { forgetExpired } from "../../src/worker/retention.ts";
import { createTestDatabase, type TestDatabase, testLogger, withClient } from "../helpers/database.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { makePeriod, periodsOf } from "../helpers/periods.ts";

const many = 25_000;
const few = 400;
const tables = ["job", "job_end", "job_events", "job_steps", "job_tags"];

let db: TestDatabase;
let week: string;
let [short, long] = [] as unknown as [TestOrganization, TestOrganization];
before(async () => {
  db = await createTestDatabase();
  [short, long] = [await makeOrganization(db), await makeOrganization(db)];
  week = await makePeriod(db, "30 days");
  // A vacuum that comes by at the wrong moment would put it off for an hour.
  for (const child of await periodsOf(db, week)) {
    await asOwner(db, `alter table rowlock.${child} set (autovacuum_enabled = off)`);
  }
  await ended(short, many);
  await ended(long, few);
});
after(() => db.drop());

/** Jobs launched and ended 30 days ago, each with an event, a step and a tag. */
async function ended(who: TestOrganization, count: number): Promise<void> {
  await asOwner(
    db,
    `with made as (
       select overlay(rowlock_private.uuid_at(now() - interval '30 days')::text placing lpad(to_hex(n), 12, '0') from 25)::uuid as id, n
       from generate_series(1, $2::int) n
     ), jobs as (
       insert into rowlock.job (organization_id, id, task, payload, source, max_attempts)
       select $1, id, 'old', jsonb_build_object('n', n), 'sql', 1 from made
     ), ends as (
       insert into rowlock.job_end (organization_id, id, run_at, finished_at, priority, attempt, state, task)
       select $1, id, now(), now() - interval '30 days', 0, 1, 'succeeded', 'old' from made
     ), events as (
       insert into rowlock.job_events (organization_id, id, job_id, kind, attempt, code, message)
       select $1, overlay(id::text placing 'f' from 25)::uuid, id, 'retried', 1, 'X', 'x' from made
     ), tags as (
       insert into rowlock.job_tags (organization_id, tag, job_id) select $1, 'old', id from made
     )
     insert into rowlock.job_steps (organization_id, job_id, name, result) select $1, id, 'first', '1' from made`,
    [who.organizationId, count],
  );
}

/** Most of the week's jobs are forgotten, and vacuum has seen it. */
async function forgetMost(): Promise<void> {
  const { rows } = await db
    .pool("task")
    .query<{ jobs: number }>("select jobs from rowlock_private.forget_jobs($1, now(), $2, $3)", [
      short.organizationId,
      "00000000-0000-0000-0000-000000000000",
      many,
    ]);
  assert.equal(rows[0]?.jobs, many);
  await vacuum();
}

const vacuum = () =>
  withClient(db.urls.admin, (client) =>
    client.query(`vacuum (analyze) ${tables.map((table) => `rowlock.${table}`).join(", ")}`),
  );

const pack = async () => {
  const { rows } = await db
    .pool("task")
    .query<{ week: string | null }>("select to_char(rowlock_private.pack_period(), 'YYYYMMDD') as week");
  return rows[0]?.week;
};

/** Bytes of the week's tables and indexes. */
async function size(): Promise<number> {
  const [row] = await asOwner<{ bytes: number }>(
    db,
    `select sum(pg_total_relation_size(('rowlock.' || child)::regclass))::float8 as bytes
     from rowlock_private.periods(($1 || ' 00:00 UTC')::timestamptz)`,
    [week],
  );
  return row?.bytes ?? 0;
}

/** All rows of what jobs consist of, as one text. */
async function content(): Promise<string> {
  const parts = tables.map(
    (table) => `(select string_agg(t::text, '|' order by t::text) from rowlock.${table} t)`,
  );
  const [row] = await asOwner<{ text: string }>(db, `select concat_ws('#', ${parts.join(", ")}) as text`);
  return row?.text ?? "";
}

/** What a period has beside rows: place, owner, protection, settings, triggers, checks, and indexes with those of the parent. */
async function shape(): Promise<unknown[]> {
  return await asOwner(
    db,
    `select c.relname, pg_get_expr(c.relpartbound, c.oid) as bound, c.relrowsecurity, c.relforcerowsecurity,
       array_remove(c.reloptions, 'autovacuum_enabled=off') as options, obj_description(c.oid) as comment,
       c.relowner::regrole::text as owner, c.relacl::text as acl,
       (select string_agg(a.attname || a.attoptions::text, ',') from pg_attribute a
        where a.attrelid = c.oid and a.attoptions is not null) as attributes,
       (select string_agg(t.tgname, ',' order by t.tgname) from pg_trigger t where t.tgrelid = c.oid) as triggers,
       (select string_agg(k.conname, ',' order by k.conname) from pg_constraint k
        where k.conrelid = c.oid and k.contype in ('c', 'p')) as checks,
       (select string_agg(i.indexrelid::regclass || ' of ' || h.inhparent::regclass, ',' order by i.indexrelid::regclass::text)
        from pg_index i left join pg_inherits h on h.inhrelid = i.indexrelid where i.indrelid = c.oid) as indexes
     from rowlock_private.periods(($1 || ' 00:00 UTC')::timestamptz) p
     join pg_class c on c.oid = ('rowlock.' || p.child)::regclass order by 1`,
    [week],
  );
}

test("a week that has lost most of its jobs is written anew: the same rows, protected as before, in the room they need", async () => {
  const full = await size();
  await vacuum();
  assert.equal(await pack(), null, "nothing was lost yet");
  for (let more = true; more; ) {
    const { rows } = await db
      .pool("task")
      .query<{ more: boolean }>("select rowlock_private.count_week() as more");
    more = rows[0]?.more === true;
  }
  const before = await shape();
  assert.match(JSON.stringify(before), /note_ended/);
  await forgetMost();
  const rows = await content();
  const loose = await size();
  const forgotten = await forgetExpired(
    { pool: db.pool("task"), longestDays: undefined, logger: testLogger },
    new AbortController().signal,
  );
  assert.deepEqual(forgotten, { periods: 0, jobs: 0, packed: 1 });
  assert.equal(await content(), rows);
  assert.deepEqual(await shape(), before);
  const packed = await size();
  const figures = `${full} bytes full, ${loose} loose, ${packed} packed`;
  assert.ok(packed < loose / 5 && packed < full / 20, figures);
  assert.equal(await pack(), null, "once is enough");
});

test("what is forgotten or ends while a week is copied is found before the copy takes its place", async () => {
  const child = `job_end_p${week}`;
  const ids = await asOwner<{ id: string }>(db, "select id from rowlock.job_end order by id limit 3");
  await withClient(db.urls.admin, async (client) => {
    await client.query("begin; set local role rowlock_owner");
    await client.query(`select rowlock_private.copy_period('job_end', '${child}', '${week} 00:00 UTC')`);
    await asOwner(db, "delete from rowlock.job_end where id = any($1)", [ids.map(({ id }) => id)]);
    await asOwner(
      db,
      `insert into rowlock.job_end (organization_id, id, run_at, priority, attempt, state, task)
       select $1, rowlock_private.uuid_at(now() - interval '30 days'), now(), 0, 1, 'succeeded', 'late'`,
      [long.organizationId],
    );
    await client.query(`select rowlock_private.catch_up_copy('job_end', '${child}')`);
    await client.query(`select rowlock_private.put_copy('job_end', '${child}', '${week} 00:00 UTC')`);
    await client.query("commit");
  });
  const [row] = await asOwner<{ all: number; late: number }>(
    db,
    "select count(*)::int as all, count(*) filter (where task = 'late')::int as late from rowlock.job_end",
  );
  assert.deepEqual(row, { all: few - 3 + 1, late: 1 });
});

test("a week that somebody writes to or reads is left as it is, soon, for the next round", async () => {
  await ended(short, many);
  await forgetMost();
  const before = await content();
  for (const statement of [
    `delete from rowlock.job_steps where organization_id = '${long.organizationId}'`,
    "select count(*) from rowlock.job_events",
  ]) {
    await withClient(db.urls.admin, async (other) => {
      await other.query(`begin; ${statement}`);
      const began = performance.now();
      assert.equal(await pack(), null);
      assert.ok(performance.now() - began < 3_000);
      await other.query("rollback");
    });
    assert.equal(await content(), before);
    const copies =
      "select from pg_class where relname like '%copy%' and relnamespace = 'rowlock'::regnamespace";
    assert.deepEqual(await asOwner(db, copies), []);
  }
  const { rows } = await db.pool("task").query("select rowlock_private.pack_period(10) as week");
  assert.deepEqual(rows, [{ week: null }], "more jobs than it is to copy");
  assert.equal(await pack(), week);
  assert.equal(await content(), before);
});
