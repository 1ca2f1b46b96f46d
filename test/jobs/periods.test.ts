import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { asOwner } from "../helpers/organization.ts";

async function keep(db: TestDatabase, before = "select"): Promise<number> {
  const client = await db.pool("admin").connect();
  try {
    await client.query("begin");
    await client.query(before);
    const { rows } = await client.query<{ made: number }>("select rowlock_private.keep_periods() as made");
    await client.query("commit");
    return rows[0]?.made ?? -1;
  } finally {
    client.release();
  }
}

const weeks = `
  select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'rowlock.job'::regclass and c.relname not like '%default' order by 1`;

test("a migrated database has this week's periods and the next four, whatever time zone asks", async () => {
  await using db = await createTestDatabase();
  const { rows } = await db.pool("admin").query(weeks);
  assert.equal(rows.length, 5);
  for (const zone of ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"]) {
    assert.equal(await keep(db, `set local timezone = '${zone}'`), 0, zone);
  }
});

test("a dropped period is made again, in the same place", async () => {
  await using db = await createTestDatabase();
  const { rows } = await db.pool("admin").query<{ relname: string }>(weeks);
  await asOwner(db, `drop table rowlock.${rows.at(-1)?.relname}`);
  assert.equal(await keep(db, "set local timezone = 'Pacific/Kiritimati'"), 1);
  assert.deepEqual((await db.pool("admin").query(weeks)).rows, rows);
});

test("rows that no period took stay in the default one and keep nobody from starting", async () => {
  await using db = await createTestDatabase();
  const { rows } = await db.pool("admin").query<{ relname: string }>(weeks);
  await asOwner(db, `drop table rowlock.${rows[0]?.relname}, rowlock.${rows[1]?.relname}`);
  await asOwner(
    db,
    `insert into rowlock.job (organization_id, id, task, payload, source, max_attempts)
     values (rowlock.uuid7(), rowlock.uuid7(), 't', '{}', 'sql', 1)`,
  );
  assert.equal(await keep(db), 1, "next week's is made, this week's cannot be");
  assert.equal(await keep(db), 0);
  const { rows: kept } = await db
    .pool("admin")
    .query("select tableoid::regclass::text as place from rowlock.job");
  assert.deepEqual(kept, [{ place: "rowlock.job_default" }]);
});

test("a reader in the way delays a period and fails nothing", async () => {
  await using db = await createTestDatabase();
  const { rows } = await db.pool("admin").query<{ relname: string }>(weeks);
  await asOwner(db, `drop table rowlock.${rows.at(-1)?.relname}`);
  const reader = await db.pool("admin").connect();
  await reader.query("begin");
  await reader.query("select from rowlock.job");
  assert.equal(await keep(db), 0);
  await reader.query("rollback");
  reader.release();
  assert.equal(await keep(db), 1);
});
