import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApi } from "../../src/api/index.ts";
import { createPool, migrate, resolveLogins, standardChains } from "../../src/db/index.ts";
import { readSettings } from "../../src/sdk/index.ts";
import { issueToken } from "../../src/tenancy/index.ts";
import { createEmptyDatabase, startScratchPostgres, testLogger, withClient } from "../helpers/database.ts";
import { codeOf, secret, startWorld, type World } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

test("What a database error says goes to the log alone; the caller gets INTERNAL and the request's id", async () => {
  const { errors } = await world.graphql(world.north.member, "mutation { explode(input: {}) { result } }");
  const [error] = errors;
  assert.equal(error?.extensions?.code, "INTERNAL");
  assert.ok(!JSON.stringify(errors).includes("private detail"));
  const requestId = error?.extensions?.requestId;
  assert.ok(error?.message.includes(requestId ?? "?"));
  const line = world.logged().find((entry) => entry.requestId === requestId && entry.level === "error");
  assert.ok(JSON.stringify(line).includes("a private detail"));
  assert.deepEqual(error?.path, ["explode"]);
});

test("GraphQL's own errors pass: syntax, validation, wrong variables", async () => {
  const [syntax] = (await world.graphql(world.north.member, "{")).errors;
  assert.match(syntax?.message ?? "", /Syntax Error/);
  const [field] = (await world.graphql(world.north.member, "{ nothing }")).errors;
  assert.match(field?.message ?? "", /Cannot query field/);
  const [variable] = (
    await world.graphql(world.north.member, "query ($id: UUID!) { job(id: $id) { id } }", { id: 7 })
  ).errors;
  assert.match(variable?.message ?? "", /\$id/);
});

test("A port in use is said in one line", async () => {
  const pool = world.db.pool("api");
  await assert.rejects(
    startApi({ settings: { ...world.settings, API_PORT: world.api.port }, pool, logger: testLogger }),
    { code: "PORT_IN_USE", message: new RegExp(`127.0.0.1:${world.api.port}.*API_PORT`) },
  );
});

test("The API refuses a login that row-level security does not bind, or that may not act for tenants", async () => {
  const { settings } = world;
  await assert.rejects(startApi({ settings, pool: world.db.pool("admin"), logger: testLogger }), {
    code: "UNSAFE_LOGIN",
  });
  await assert.rejects(startApi({ settings, pool: world.db.pool("broker"), logger: testLogger }), {
    code: "INVALID_SETTING",
    message: /rowlock_broker.*rowlock_api/,
  });
});

test("The API refuses a database that is not migrated", async () => {
  await using empty = await createEmptyDatabase();
  const { settings } = world;
  const pool = empty.pool("admin");
  await assert.rejects(startApi({ settings, pool, logger: testLogger }), {
    code: "DATABASE_TOO_OLD",
    message: /rowlock migrate/,
  });
});

test("The API says readably that no database is there", async () => {
  const pool = createPool({
    url: "postgres://rowlock_api:hidden@127.0.0.1:9/none",
    max: 1,
    name: "none",
    logger: testLogger,
  });
  await assert.rejects(startApi({ settings: world.settings, pool, logger: testLogger }), (error: Error) => {
    assert.equal((error as Error & { code: string }).code, "DATABASE_UNAVAILABLE");
    assert.match(error.message, /127\.0\.0\.1:9/);
    assert.ok(!error.message.includes("hidden"));
    return true;
  });
  await pool.end();
});

test("Health: alive and ready; stopping lets a request under way end and takes no other", async () => {
  const own = await startWorld();
  try {
    assert.deepEqual((await own.send("GET", "/healthz")).body, { status: "ok" });
    assert.deepEqual((await own.send("GET", "/readyz")).body, { status: "ready" });
    const slow = own.graphql(own.north.member, "mutation { nap(input: { seconds: 0.5 }) { result } }");
    const began = performance.now();
    while ((await napping(own)) === 0) assert.ok(performance.now() - began < 10_000);
    const stopped = own.api.stop();
    const { status, errors } = await slow;
    assert.deepEqual([status, errors], [200, []]);
    await stopped;
    await assert.rejects(own.send("GET", "/healthz"));
  } finally {
    await own.stop();
  }
});

async function napping({ db }: World): Promise<number> {
  return await withClient(db.urls.admin, async (client) => {
    const { rowCount } = await client.query(
      "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
    );
    return rowCount ?? 0;
  });
}

test("With the database gone: alive, not ready with the reason, 503 for requests, and well again after", async () => {
  await using server = await startScratchPostgres();
  const logins = resolveLogins({}, server.url);
  const settings = readSettings({
    NODE_ENV: "test",
    API_PORT: "0",
    JWT_SECRET: secret,
    SQL_DIR: "/nonexistent",
  });
  await migrate({ adminUrl: server.url, logins, chains: standardChains(settings), logger: testLogger });
  const [made] = await withClient(server.url, async (client) => {
    await client.query("set role rowlock_owner");
    const { rows } = await client.query<{ organization_id: string; user_id: string }>(
      "select * from rowlock_private.create_organization('north', 'a@north.example')",
    );
    return rows;
  });
  const who = { userId: made?.user_id ?? "", organizationId: made?.organization_id ?? "" };
  const token = await issueToken(settings, { ...who, expiresIn: "1h" });
  const pool = createPool({ url: logins.api, max: 3, name: "api", logger: testLogger });
  const api = await startApi({ settings, pool, logger: testLogger });
  try {
    const ask = async (method: string, path: string, body?: object, authorization = `Bearer ${token}`) => {
      const response = await fetch(api.url + path, {
        method,
        headers: { authorization, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: JSON.parse(text) as unknown, text };
    };
    assert.equal((await ask("GET", "/api/jobs")).status, 200);
    server.kill();
    const began = performance.now();
    const ready = await ask("GET", "/readyz");
    assert.equal(ready.status, 503);
    assert.equal((ready.body as { code: string }).code, "DATABASE_UNAVAILABLE");
    assert.ok(performance.now() - began < 3_000);
    assert.equal((await ask("GET", "/healthz")).status, 200);
    const [rest, graphql, key] = await Promise.all([
      ask("GET", "/api/jobs"),
      ask("POST", "/graphql", { query: "{ jobs { nodes { id } } }" }),
      ask("GET", "/api/jobs", undefined, "Bearer rlk_00000000_unknown"),
    ]);
    for (const answer of [rest, graphql, key]) {
      assert.deepEqual([answer.status, codeOf(answer)], [503, "DATABASE_UNAVAILABLE"], answer.text);
      assert.ok(!answer.text.includes("socket"));
    }
    await server.start();
    assert.equal((await ask("GET", "/api/jobs")).status, 200);
    assert.equal((await ask("GET", "/readyz")).status, 200);
  } finally {
    await api.stop();
    await pool.end();
  }
});
