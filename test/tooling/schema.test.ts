import assert from "node:assert/strict";
import { test } from "node:test";
import type pg from "pg";
import { dumpSchema } from "../../scripts/lib/schema/index.ts";
import { withScratchDatabase } from "../../scripts/lib/scratch-database.ts";

/** Lines that a change of the database adds to the dump (+) or takes from it (-); the change is undone. */
async function effectOf(client: pg.Client, before: string, sql: string): Promise<string[]> {
  await client.query("begin");
  try {
    await client.query(sql);
    const after = (await dumpSchema(client)).text;
    const [old, now] = [new Set(before.split("\n")), new Set(after.split("\n"))];
    const added = [...now].filter((line) => !old.has(line)).map((line) => `+${line}`);
    return [...added, ...[...old].filter((line) => !now.has(line)).map((line) => `-${line}`)];
  } finally {
    await client.query("rollback");
  }
}

const example = `
  create function evals.f() returns int language sql as 'select 1';
  create function evals.on_change() returns trigger language plpgsql as 'begin return new; end';
  create table evals.example (id int generated always as identity, t text collate "C" default 'x', constraint c check (t <> ''));
  alter table evals.example enable row level security;
  create policy p on evals.example using (id > 0);
  create trigger tr after insert on evals.example for each row execute function evals.on_change();
  create view evals.v with (security_invoker) as select id from evals.example;
  create table evals.periods (id int) partition by range (id);`;

const changes: [what: string, sql: string, shows: RegExp][] = [
  [
    "a new column",
    "alter table evals.example add n int not null default 3",
    /^\+ {2}n integer default 3 not null/,
  ],
  ["a new default", "alter table evals.example alter t set default 'y'", /^\+.*default 'y'/],
  ["a dropped constraint", "alter table evals.example drop constraint c", /^- {2}constraint c CHECK/],
  ["a storage option", "alter table evals.example set (fillfactor = 70)", /^\+\) with \(fillfactor=70\)/],
  ["an index", "create index i on evals.example (t)", /^\+CREATE INDEX i ON evals\.example/],
  [
    "a dropped policy",
    "drop policy p on evals.example",
    /^-create policy p on evals\.example as permissive for all to public/,
  ],
  ["a changed policy", "alter policy p on evals.example using (true)", /^-.*using \(id > 0\)/],
  [
    "row-level security turned off",
    "alter table evals.example disable row level security",
    /^-alter table evals\.example enable row level/,
  ],
  [
    "row-level security forced",
    "alter table evals.example force row level security",
    /^\+alter table evals\.example force row level/,
  ],
  [
    "a trigger turned off",
    "alter table evals.example disable trigger tr",
    /^\+CREATE TRIGGER tr .* fires: D/,
  ],
  [
    "a function's body",
    "create or replace function evals.f() returns int language sql as 'select 2'",
    /^\+AS \$function\$select 2/,
  ],
  [
    "a function's owner",
    "alter function evals.f() owner to rowlock_broker",
    /^\+alter function evals\.f\(\) owner to rowlock_broker/,
  ],
  [
    "a function closed to public",
    "revoke execute on function evals.f() from public",
    /^-grant execute on function evals\.f\(\) to public/,
  ],
  ["a view's option", "alter view evals.v reset (security_invoker)", /^\+create view evals\.v as/],
  ["a grant", "grant select on evals.v to rowlock_tenant", /^\+grant select on evals\.v to rowlock_tenant/],
  [
    "a grant of one column",
    "grant update (t) on evals.example to rowlock_tenant",
    /^\+grant update \(t\) on evals\.example to/,
  ],
  [
    "use of the broker's schema",
    "grant usage on schema graphile_worker to rowlock_tenant",
    /^\+grant usage on schema graphile_worker to rowlock_tenant/,
  ],
  [
    "a comment",
    "comment on column evals.example.t is 'it''s'",
    /^\+comment on column evals\.example\.t is 'it''s'/,
  ],
  [
    "a default partition",
    "create table evals.rest partition of evals.periods default",
    /^\+alter table evals\.periods attach partition evals\.rest DEFAULT/,
  ],
  [
    "a role's attribute",
    "alter role rowlock_tenant bypassrls",
    /^\+create role rowlock_tenant nologin inherit bypassrls/,
  ],
  [
    "a membership",
    "grant rowlock_owner to rowlock_api",
    /^\+grant rowlock_owner to rowlock_api with admin f, inherit f, set t/,
  ],
  [
    "a role's setting",
    "alter role rowlock_api set statement_timeout = '7s'",
    /^\+alter role rowlock_api set statement_timeout=7s/,
  ],
  [
    "a right on the database",
    "grant temporary on database rowlock to rowlock_tenant",
    /^\+grant temporary on this database to rowlock_tenant/,
  ],
];

test("the schema dump shows every change that a review must see, and none that comes with the date", async (t) => {
  await withScratchDatabase(async ({ client }) => {
    await client.query(example);
    const { text, objects } = await dumpSchema(client);
    assert.ok(objects > 40, `${objects} objects`);
    assert.equal((await dumpSchema(client)).text, text);

    for (const [what, sql, shows] of changes) {
      await t.test(what, async () => {
        const effect = await effectOf(client, text, sql);
        assert.ok(
          effect.some((line) => shows.test(line)),
          effect.join("\n"),
        );
      });
    }
    await t.test("a partition for a period of time is left out", async () => {
      const sql = "create table evals.period_1 partition of evals.periods for values from (1) to (9)";
      assert.deepEqual(await effectOf(client, text, sql), []);
    });
    await t.test("what an extension brings is left out", async () => {
      assert.deepEqual(await effectOf(client, text, "create extension citext schema evals"), []);
    });
  });
});
