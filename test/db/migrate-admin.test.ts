import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { credentialsOf, migrate, resolveLogins } from "../../src/db/index.ts";
import { type ScratchPostgres, startScratchPostgres, testLogger, withClient } from "../helpers/database.ts";
import { withDatabase } from "../helpers/postgres.ts";
import { makeChains, migrateWith } from "./fixtures/chains.ts";

const files = {
  "kernel/0001_first.sql": "create table rowlock.first (id int);",
  "kernel/0002_broker.sql": `set local role rowlock_broker;
    create function graphile_worker.of_broker() returns int language sql as 'select 1';`,
  "app/001.sql": "never read: it has no name",
  "app/001_notes.sql": "create table notes (id int);",
};

let server: ScratchPostgres;
before(async () => {
  server = await startScratchPostgres();
  await withClient(server.url, async (client) => {
    await client.query("create role boss login createrole password 'of the boss'");
    for (const name of ["one", "two", "three"]) await client.query(`create database ${name} owner boss`);
  });
  // From here on everybody but the superuser must know a password.
  const rules = "local all postgres trust\nlocal all all scram-sha-256\n";
  await writeFile(join(server.dataDir, "pgdata", "pg_hba.conf"), rules);
  await withClient(server.url, (client) => client.query("select pg_reload_conf()"));
});
after(() => server.remove());

function bossUrl(database: string): string {
  const url = new URL(withDatabase(server.url, database));
  url.username = "boss";
  url.password = "of the boss";
  return url.href;
}

test("databases of one server migrated at the same moment share the roles, by an admin that is no superuser", async (t) => {
  const chains = await makeChains(t, files);
  const urls = ["one", "two", "three"].flatMap((name) => [bossUrl(name), bossUrl(name)]);
  const results = await Promise.all(urls.map((url) => migrateWith(url, chains)));
  assert.deepEqual(results.map(({ applied }) => applied.length).sort(), [0, 0, 0, 3, 3, 3]);
  assert.deepEqual(await migrateWith(bossUrl("one"), chains), { applied: [] });
});

test("derived passwords open the logins, wrong ones do not", async () => {
  const logins = resolveLogins({}, bossUrl("one"));
  for (const url of [logins.api, logins.task, logins.broker, logins.ops]) {
    const { rows } = await withClient(url, (client) => client.query("select current_user as role"));
    assert.deepEqual(rows, [{ role: credentialsOf(url).user }]);
  }
  const wrong = resolveLogins({}, bossUrl("one").replace("boss@", "boss1@")).api;
  await assert.rejects(
    withClient(wrong, (client) => client.query("select 1")),
    { code: "28P01" },
  );
});

test("a login whose password is refused gets the one of its URL; the others keep theirs", async (t) => {
  const chains = await makeChains(t, files);
  const verifiers = async () => {
    const { rows } = await withClient(server.url, (client) =>
      client.query<{ rolname: string; rolpassword: string }>(
        "select rolname, rolpassword from pg_authid where rolname in ('rowlock_api', 'rowlock_task')",
      ),
    );
    return new Map(rows.map((row) => [row.rolname, row.rolpassword]));
  };
  const earlier = await verifiers();
  const own = new URL(bossUrl("two"));
  own.username = "rowlock_api";
  own.password = "chosen";
  const adminUrl = bossUrl("two");
  const logins = resolveLogins({ API_DATABASE_URL: own.href }, adminUrl);
  await migrate({ adminUrl, logins, chains, logger: testLogger });
  await withClient(own.href, (client) => client.query("select 1"));
  const later = await verifiers();
  assert.notEqual(later.get("rowlock_api"), earlier.get("rowlock_api"));
  assert.equal(later.get("rowlock_task"), earlier.get("rowlock_task"));
});

test("an admin that may not create roles is told so in one line", async (t) => {
  const chains = await makeChains(t, files);
  await using other = await startScratchPostgres();
  await withClient(other.url, async (client) => {
    await client.query("create role weak login");
    await client.query("create database shop owner weak");
  });
  const url = new URL(withDatabase(other.url, "shop"));
  url.username = "weak";
  await assert.rejects(migrateWith(url.href, chains), (error: Error) => {
    assert.match(error.message, /^The admin login cannot create its roles: permission denied.* CREATEROLE/);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
});

test("an unreachable database is one line", async (t) => {
  const chains = await makeChains(t, files);
  await assert.rejects(migrateWith(withDatabase(server.url, "nowhere"), chains), {
    code: "DATABASE_UNAVAILABLE",
    message: /^Cannot use database "nowhere" at socket .*: there is no such database\. Create it/,
  });
});
