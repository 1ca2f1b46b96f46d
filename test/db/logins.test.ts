import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { credentialsOf, describeConnectError, describeUrl, resolveLogins } from "../../src/db/index.ts";
import { RowlockError } from "../../src/sdk/index.ts";

const admin = "postgres://boss:p%40ss@db.example:6432/shop?sslmode=verify-full";

test("logins are derived from the admin's URL: role, HMAC password, everything else kept", () => {
  const logins = resolveLogins({}, admin);
  const password = createHmac("sha256", "p@ss").update("rowlock_api").digest("base64url");
  assert.equal(logins.api, `postgres://rowlock_api:${password}@db.example:6432/shop?sslmode=verify-full`);
  assert.equal(logins.admin, admin);
  const passwords = [logins.api, logins.task, logins.broker, logins.ops].map(
    (url) => credentialsOf(url).password,
  );
  assert.equal(new Set(passwords).size, 4);
  assert.equal(credentialsOf(logins.broker).user, "rowlock_broker");
});

test("a login that is set wins", () => {
  const own = "postgres://me:mine@pool.example/shop";
  const logins = resolveLogins({ TASK_DATABASE_URL: own }, admin);
  assert.equal(logins.task, own);
  assert.equal(credentialsOf(logins.ops).user, "rowlock_ops");
});

test("an admin without a password derives logins without one", () => {
  const logins = resolveLogins(
    {},
    "postgres://postgres@localhost:5432/rowlock?host=%2Fsome%20where%2Fsocket",
  );
  assert.equal(logins.api, "postgres://rowlock_api@localhost:5432/rowlock?host=%2Fsome%20where%2Fsocket");
});

test("credentials in the query and a URL without a host are understood", () => {
  const logins = resolveLogins({}, "postgres:///shop?host=/run/postgresql&user=boss&password=secret");
  assert.deepEqual(credentialsOf(logins.api), {
    user: "rowlock_api",
    password: createHmac("sha256", "secret").update("rowlock_api").digest("base64url"),
  });
  assert.doesNotMatch(logins.api, /secret|boss/);
});

test("a URL that cannot be read is refused without showing it", () => {
  assert.throws(
    () => resolveLogins({}, "postgres://boss:hunter2@:x"),
    (error) =>
      error instanceof RowlockError && error.code === "INVALID_SETTING" && !/hunter2/.test(error.message),
  );
});

test("a connection error is one line that names the place and hides the password", () => {
  const cases: [string, RegExp][] = [
    ["28P01", /the password was refused/],
    ["3D000", /no such database/],
    ["ECONNREFUSED", /nothing listens there/],
    ["53300", /all its connections are taken/],
  ];
  for (const [code, pattern] of cases) {
    const described = describeConnectError(Object.assign(new Error("p@ss"), { code }), admin);
    assert.equal(described.code, "DATABASE_UNAVAILABLE");
    assert.match(described.message, pattern);
    assert.match(described.message, /database "shop" at db.example:6432 as "boss"/);
    assert.doesNotMatch(described.message, /p@ss|p%40ss|\n/);
  }
  assert.match(describeUrl("postgres://a@localhost/x?host=/run/pg"), /at socket \/run\/pg as "a"/);
});
