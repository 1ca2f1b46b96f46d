import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createTestDatabase, type TestDatabase, withClient } from "../helpers/database.ts";
import { arenaOf, attack } from "./attack.ts";
import { faultsInShape } from "./shape.ts";

let db: TestDatabase;
before(async () => {
  db = await createTestDatabase();
  await arenaOf(db);
});
after(() => db.drop());

test("The catalogue has the shape that isolation rests on", async () => {
  assert.deepEqual(await faultsInShape(db.pool("admin")), []);
});

/** Mistakes other than a dropped policy: each must be found by an attack, not by the look of it. */
const holes: [name: string, open: string, close: string, found: RegExp][] = [
  [
    "row-level security switched off",
    "alter table evals.tests disable row level security",
    "alter table evals.tests enable row level security",
    /^evals.tests$/,
  ],
  [
    "a view with its owner's rights",
    "create view app.all_notes as select * from app.notes; grant select on app.all_notes to rowlock_tenant",
    "drop view app.all_notes",
    /^app.all_notes$/,
  ],
  [
    "a grant on a partition",
    "grant select on rowlock.job_default to rowlock_tenant",
    "revoke select on rowlock.job_default from rowlock_tenant",
    /^rowlock.job_default$/,
  ],
  [
    "a table without policies",
    "create table app.plain (id int primary key, body text); grant select on app.plain to rowlock_tenant",
    "drop table app.plain",
    /^app.plain$/,
  ],
  [
    "a function that takes any organization's id",
    `create function app.peek(o uuid) returns text language sql security definer set search_path = pg_catalog, pg_temp
       as 'select title from app.notes where organization_id = o'; grant execute on function app.peek(uuid) to rowlock_tenant`,
    "drop function app.peek(uuid)",
    /^app.peek$/,
  ],
  [
    "an inner function opened to a login",
    "grant execute on function rowlock_private.member_role(uuid, uuid) to rowlock_api",
    "revoke execute on function rowlock_private.member_role(uuid, uuid) from rowlock_api",
    /^rowlock_private.member_role$/,
  ],
  [
    "a foreign key without the organization",
    `create unique index note_id on app.notes (id);
     alter table app.remarks add constraint simple foreign key (note_id) references app.notes (id) on delete cascade;
     alter table app.remarks drop constraint remarks_organization_id_note_id_fkey`,
    `alter table app.remarks drop constraint simple; drop index app.note_id;
     alter table app.remarks add foreign key (organization_id, note_id) references app.notes on delete cascade`,
    /^app.remarks$/,
  ],
  [
    "truncate granted",
    "grant truncate on app.remarks to rowlock_tenant",
    "revoke truncate on app.remarks from rowlock_tenant",
    /^app.remarks$/,
  ],
  [
    "a column of secrets granted",
    "grant select (secret_hash) on rowlock.api_keys to rowlock_anonymous",
    "revoke select (secret_hash) on rowlock.api_keys from rowlock_anonymous",
    /^rowlock.api_keys$/,
  ],
];

for (const [name, open, close, about] of holes) {
  test(`The suite finds ${name}`, async () => {
    const asOwner = (sql: string) =>
      withClient(db.urls.admin, (client) => client.query(`set role rowlock_owner; ${sql}`));
    await asOwner(open);
    try {
      const found = await attack(db, { stopAtFirst: true, readAgain: true });
      assert.match(found[0]?.about ?? "nothing", about, JSON.stringify(found));
    } finally {
      await asOwner(close);
    }
  });
}

test("One stray permissive policy opens nothing: the restrictive one holds", async () => {
  const asOwner = (sql: string) =>
    withClient(db.urls.admin, (client) => client.query(`set role rowlock_owner; ${sql}`));
  await asOwner("create policy stray on app.notes for select to rowlock_tenant using (true)");
  try {
    assert.deepEqual(await attack(db), []);
  } finally {
    await asOwner("drop policy stray on app.notes");
  }
});
