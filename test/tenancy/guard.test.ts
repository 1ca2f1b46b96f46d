import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createPool } from "../../src/db/index.ts";
import { RowlockError } from "../../src/sdk/index.ts";
import { refuseUnsafeLogin } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase, testLogger } from "../helpers/database.ts";

let db: TestDatabase;
const made: string[] = [];
before(async () => {
  db = await createTestDatabase();
});
after(async () => {
  const admin = db.pool("admin");
  for (const role of made.toReversed()) {
    await admin.query(`drop owned by ${role} cascade`);
    await admin.query(`drop role ${role}`);
  }
  await db.drop();
});

/** A role with this property; roles belong to the whole server, so names carry the database's. */
async function makeLogin(name: string, property: string): Promise<string> {
  const role = `${db.name}_${name}`;
  await db.pool("admin").query(`create role ${role} password 'test' ${property}`);
  made.push(role);
  return role;
}

async function refusal(role: string): Promise<RowlockError> {
  const url = new URL(db.urls.admin);
  url.username = role;
  url.password = "test";
  const pool = createPool({ url: url.href, max: 1, name: "guarded", logger: testLogger });
  try {
    await refuseUnsafeLogin(pool, "API_DATABASE_URL");
  } catch (error) {
    assert.ok(error instanceof RowlockError, String(error));
    assert.equal(error.code, "UNSAFE_LOGIN");
    assert.ok(!error.message.includes("\n"), "one line");
    assert.match(error.message, /^API_DATABASE_URL: the login .*rowlock migrate.*rowlock_api/);
    return error;
  } finally {
    await pool.end();
  }
  return assert.fail(`${role} was let in`);
}

test("the logins that migrate makes are safe", async () => {
  for (const login of ["api", "task"] as const) await refuseUnsafeLogin(db.pool(login), "X_DATABASE_URL");
});

test("a superuser is refused", async () => {
  assert.match((await refusal(await makeLogin("super", "login superuser"))).message, /is a superuser/);
});

test("a login with BYPASSRLS is refused", async () => {
  assert.match((await refusal(await makeLogin("bypass", "login bypassrls"))).message, /BYPASSRLS/);
});

test("an owner of a table is refused", async () => {
  const role = await makeLogin("owner", "login");
  await db
    .pool("admin")
    .query(`create table public.theirs (id int); alter table public.theirs owner to ${role}`);
  assert.match((await refusal(role)).message, /is the owner of tables/);
});

test("a login that may become an owner or a bypasser is refused, with and without inheriting", async () => {
  const member = await makeLogin("member", "login noinherit");
  await db.pool("admin").query(`grant rowlock_owner to ${member}`);
  assert.match((await refusal(member)).message, /may become rowlock_owner, the owner of tables/);

  const bypasser = await makeLogin("hidden", "bypassrls");
  const between = await makeLogin("between", "");
  const far = await makeLogin("far", "login");
  await db.pool("admin").query(`grant ${bypasser} to ${between}; grant ${between} to ${far}`);
  assert.match((await refusal(far)).message, /may become .*_hidden, free of row-level security/);
});
