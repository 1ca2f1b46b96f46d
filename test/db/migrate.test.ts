import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { assertSchemaCurrent, assertSupported, migrate, standardChains } from "../../src/db/index.ts";
import { createLogger } from "../../src/log.ts";
import { createEmptyDatabase, createTestDatabase, withClient } from "../helpers/database.ts";
import { addFiles, makeChains, migrateWith } from "./fixtures/chains.ts";

const small = {
  "kernel/0001_first.sql": "create table rowlock.first (id int);",
  "kernel/0002_broker.sql": `set local role rowlock_broker;
    create function graphile_worker.of_broker() returns int language sql as 'select 1';`,
  "app/001-notes.sql":
    "create table notes (id int);\ncreate function shout() returns int language sql as 'select 1';",
  "app/readme.txt": "not a migration",
};

test("the shipped chains apply to an empty database, once", async () => {
  await using db = await createEmptyDatabase();
  const chains = standardChains({ ROWLOCK_EVALS: true, SQL_DIR: "sql" });
  const { applied } = await migrateWith(db.urls.admin, chains);
  assert.ok(applied.includes("kernel/0001_ground"));
  assert.deepEqual(await migrateWith(db.urls.admin, chains), { applied: [] });
  for (const login of ["api", "task", "broker", "ops"] as const) {
    await assertSchemaCurrent(db.pool(login), chains);
  }
});

test("ten at once all succeed and apply each migration once", async (t) => {
  await using db = await createEmptyDatabase();
  const chains = await makeChains(t, small);
  const results = await Promise.all(Array.from({ length: 10 }, () => migrateWith(db.urls.admin, chains)));
  assert.deepEqual(
    results.flatMap(({ applied }) => applied),
    ["kernel/0001_first", "kernel/0002_broker", "app/001-notes"],
  );
});

test("objects belong to the owner or the broker; the user's land in app, closed to everybody but tenants", async (t) => {
  await using db = await createEmptyDatabase();
  await migrateWith(db.urls.admin, await makeChains(t, small));
  const { rows } = await db.pool("admin").query(`
    select (select relowner::regrole::text from pg_class where oid = 'rowlock.first'::regclass) as first,
           (select relowner::regrole::text from pg_class where oid = 'app.notes'::regclass) as notes,
           (select proowner::regrole::text from pg_proc where oid = 'graphile_worker.of_broker'::regproc) as of_broker,
           (select nspowner::regrole::text from pg_namespace where nspname = 'graphile_worker') as broker,
           has_schema_privilege('rowlock_tenant', 'app', 'USAGE') as tenant_usage,
           has_schema_privilege('rowlock_anonymous', 'app', 'USAGE') as anonymous_usage,
           has_function_privilege('rowlock_tenant', 'app.shout()', 'EXECUTE') as shout,
           has_function_privilege('rowlock_tenant', 'graphile_worker.of_broker()', 'EXECUTE') as call_broker,
           has_database_privilege('rowlock_tenant', current_database(), 'TEMPORARY') as temp,
           has_database_privilege('rowlock_broker', current_database(), 'CREATE') as broker_create,
           has_schema_privilege('rowlock_tenant', 'public', 'CREATE') as public_create`);
  assert.deepEqual(rows[0], {
    ...{
      first: "rowlock_owner",
      notes: "rowlock_owner",
      of_broker: "rowlock_broker",
      broker: "rowlock_broker",
    },
    ...{ tenant_usage: true, anonymous_usage: false, shout: false, call_broker: false },
    ...{ temp: false, broker_create: false, public_create: false },
  });
});

test("logins have a right only after SET ROLE, and only to their roles", async () => {
  await using db = await createTestDatabase();
  const { rows } = await db.pool("admin").query(`
    select r.rolname as role, r.rolcanlogin as login, r.rolsuper or r.rolbypassrls or r.rolcreaterole as strong,
           array(select roleid::regrole::text from pg_auth_members where member = r.oid order by 1) as member_of
    from pg_roles r where rolname like 'rowlock\\_%' and rolname not like 'rowlock\\_test%' order by 1`);
  const plain = { login: false, strong: false, member_of: [] as string[] };
  assert.deepEqual(rows, [
    { role: "rowlock_anonymous", ...plain },
    { role: "rowlock_api", ...plain, login: true, member_of: ["rowlock_anonymous", "rowlock_tenant"] },
    { role: "rowlock_broker", ...plain, login: true },
    { role: "rowlock_operator", ...plain },
    { role: "rowlock_ops", ...plain, login: true, member_of: ["rowlock_operator"] },
    { role: "rowlock_owner", ...plain, member_of: ["pg_read_all_stats"] },
    { role: "rowlock_task", ...plain, login: true, member_of: ["rowlock_tenant"] },
    { role: "rowlock_tenant", ...plain },
  ]);
  await withClient(db.urls.api, async (client) => {
    const probe = "select has_schema_privilege('rowlock', 'CREATE') as owns, current_user as role";
    assert.deepEqual((await client.query(probe)).rows, [{ owns: false, role: "rowlock_api" }]);
    await client.query("set role rowlock_tenant");
    for (const role of ["rowlock_owner", "rowlock_broker", "rowlock_operator"]) {
      await assert.rejects(client.query(`set role ${role}`), { code: "42501" });
    }
  });
});

test("a database newer than this version is refused and left alone", async (t) => {
  await using db = await createEmptyDatabase();
  const chains = await makeChains(t, { ...small, "kernel/0009_future.sql": "select 1;" });
  await migrateWith(db.urls.admin, chains);
  await rm(join(chains[0]?.dir ?? "", "0009_future.sql"));
  await addFiles(chains, { "app/002-more.sql": "create table more (id int);" });
  const tooNew = { code: "DATABASE_TOO_NEW", message: /kernel migration 0009_future.*Upgrade Rowlock/ };
  await assert.rejects(migrateWith(db.urls.admin, chains), tooNew);
  await assert.rejects(assertSchemaCurrent(db.pool("api"), chains), tooNew);
  const { rows } = await db.pool("admin").query("select to_regclass('app.more') as more");
  assert.deepEqual(rows, [{ more: null }]);
});

test("a broker's schema newer than this version is refused without ending the process", async (t) => {
  await using db = await createEmptyDatabase();
  const chains = await makeChains(t, small);
  await migrateWith(db.urls.admin, chains);
  await db.pool("admin").query("insert into graphile_worker.migrations (id, breaking) values (999999, true)");
  await assert.rejects(migrateWith(db.urls.admin, chains), {
    code: "DATABASE_TOO_NEW",
    message: /graphile_worker/,
  });
  assert.equal(process.exitCode, undefined);
});

test("an older or empty database is told to migrate", async (t) => {
  await using db = await createEmptyDatabase();
  const chains = await makeChains(t, small);
  const tooOld = (message: RegExp) => ({ code: "DATABASE_TOO_OLD", message });
  await assert.rejects(
    assertSchemaCurrent(db.pool("admin"), chains),
    tooOld(/0001_first and 1 more\. Run `rowlock migrate`/),
  );
  await migrateWith(db.urls.admin, chains);
  await addFiles(chains, { "app/002-more.sql": "create table more (id int);" });
  await assert.rejects(
    assertSchemaCurrent(db.pool("task"), chains),
    tooOld(/the app migration 002-more\. Run/),
  );
});

test("a server outside 15 to 18 is refused with its version", () => {
  for (const version of [140_005, 190_000]) {
    assert.throws(() => assertSupported(version, "14.5 (Debian)"), {
      code: "DATABASE_UNSUPPORTED",
      message:
        "This server is Postgres 14.5 (Debian); Rowlock works with 15 to 18. Point DATABASE_URL at one of those.",
    });
  }
  for (const version of [150_000, 189_999]) assertSupported(version, "");
});

test("a broken migration is named with file, line and reason; earlier ones stay, nothing of it does", async (t) => {
  await using db = await createEmptyDatabase();
  const chains = await makeChains(t, small);
  const broken: [string, RegExp][] = [
    [
      "create table half (id int);\n\nselect nothing from\n  half;",
      /002_broken\.sql, line 3: column "nothing" does not exist \(42703\)\.$/,
    ],
    [
      "-- a; comment\ncreate table half (id int);\ncreate table notes (id int);",
      /line 3: relation "notes" already exists \(42P07\)/,
    ],
    [
      "create table half (a text);\ninsert into half values ('a;\nb');\nselect 1/0;\nselect 2;",
      /line 4: division by zero/,
    ],
    [
      "do $$ begin\n perform 1;\n raise exception 'no, thanks' using hint = 'ask'; end $$;",
      /line 1: no, thanks \(P0001\)\. ask\. PL\/pgSQL/,
    ],
    ["create table half (id int);\ncrate table x ();", /line 2: syntax error at or near "crate"/],
  ];
  for (const [sql, message] of broken) {
    await addFiles(chains, { "app/002_broken.sql": sql });
    await assert.rejects(migrateWith(db.urls.admin, chains), (error: Error & { code?: string }) => {
      assert.equal(error.code, "MIGRATION_FAILED");
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
  const { rows } = await db
    .pool("admin")
    .query("select to_regclass('app.half') as half, to_regclass('app.notes') is not null as notes");
  assert.deepEqual(rows, [{ half: null, notes: true }]);
});

test("a file numbered before one that ran is refused", async (t) => {
  await using db = await createEmptyDatabase();
  const chains = await makeChains(t, small);
  await migrateWith(db.urls.admin, chains);
  await addFiles(chains, { "app/000_late.sql": "select 1;" });
  await assert.rejects(migrateWith(db.urls.admin, chains), {
    code: "MIGRATION_FAILED",
    message: /000_late\.sql is numbered before 001-notes, which ran already\. Give it a higher number\./,
  });
});

test("a file's settings do not reach the next one, and -- Down is only a comment", async (t) => {
  await using db = await createEmptyDatabase();
  const chains = await makeChains(t, {
    "app/1_a.sql": "set search_path = public;\n-- Down migration\ncreate table app.after_down (id int);",
    "app/2_b.sql": "create table second (id int);",
    "app/10_c.sql": "alter table second add column at int;",
  });
  const { applied } = await migrateWith(db.urls.admin, chains);
  assert.deepEqual(applied, ["app/1_a", "app/2_b", "app/10_c"]);
  const { rows } = await db
    .pool("admin")
    .query("select to_regclass('app.second') as b, to_regclass('app.after_down') as a");
  assert.deepEqual(rows, [{ b: "app.second", a: "app.after_down" }]);
});

test("a file without a number is left out aloud, one whose name cannot be kept is refused", async (t) => {
  await using db = await createEmptyDatabase();
  const chains = await makeChains(t, { ...small, "app/notes.sql": "not even SQL" });
  const lines: string[] = [];
  const logger = createLogger({
    level: "warn",
    format: "text",
    destination: { write: (line) => void lines.push(line) },
  });
  const adminUrl = db.urls.admin;
  await migrate({ adminUrl, logins: db.urls, chains, logger });
  assert.match(lines.join(""), /WARN {2}Left out notes\.sql in .*: its name must be like 0001_name\.sql/);
  await addFiles(chains, { "app/002_john's.sql": "select 1;" });
  await assert.rejects(migrateWith(adminUrl, chains), {
    code: "MIGRATION_FAILED",
    message: /john's.sql cannot be kept/,
  });
});
