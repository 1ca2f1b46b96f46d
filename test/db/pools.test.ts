import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createPool } from "../../src/db/index.ts";
import {
  createTestDatabase,
  startScratchPostgres,
  type TestDatabase,
  testLogger,
  withClient,
} from "../helpers/database.ts";

let db: TestDatabase;
before(async () => {
  db = await createTestDatabase();
});
after(() => db.drop());

const options = { max: 2, name: "pool under test", logger: testLogger };

test("names itself, sets its timeout and role, and pipelines", async () => {
  const pool = createPool({
    ...options,
    url: db.urls.api,
    statementTimeoutMs: 1_234,
    role: "rowlock_tenant",
  });
  const client = await pool.connect();
  const [first, second] = await Promise.all([
    client.query(
      `select current_setting('application_name') as name, current_setting('statement_timeout') as timeout`,
    ),
    client.query("select current_user as role, session_user as login"),
  ]);
  assert.deepEqual(first.rows, [{ name: "pool under test", timeout: "1234ms" }]);
  assert.deepEqual(second.rows, [{ role: "rowlock_tenant", login: "rowlock_api" }]);
  client.release();
  await pool.end();
});

test("tells the server to give up on a client that is gone without a word", async () => {
  const pool = createPool({ ...options, name: "pool that may vanish", url: db.urls.api });
  const client = await pool.connect();
  const { rows } = await db
    .pool("admin")
    .query("select query from pg_stat_activity where application_name = 'pool that may vanish'");
  // Over the tests' local socket the settings have no effect that could be asked for.
  assert.match(String(rows[0]?.query), /set tcp_keepalives_idle = 2.*set tcp_user_timeout = 5000/);
  client.release();
  await pool.end();
});

test("a full server is waited for, by promise and by callback alike", async () => {
  const role = `${db.name}_single`;
  await db.pool("admin").query(`create role ${role} login password 'single' connection limit 1`);
  const url = new URL(db.urls.admin);
  url.username = role;
  url.password = "single";
  const holder = createPool({ ...options, url: url.href });
  const waiting = createPool({ ...options, url: url.href });
  try {
    for (const connect of [
      () => waiting.connect(),
      () =>
        new Promise<{ release(destroy: boolean): void }>((resolve, reject) => {
          waiting.connect((error, client) =>
            client === undefined ? reject(error ?? new Error("no client")) : resolve(client),
          );
        }),
    ]) {
      const held = await holder.connect();
      const coming = connect();
      await sleep(60);
      held.release(true);
      (await coming).release(true);
    }
  } finally {
    await Promise.all([holder.end(), waiting.end()]);
    await db.pool("admin").query(`drop role ${role}`);
  }
});

test("a killed server costs the borrowed client its query, not the process, and the pool comes back", async () => {
  await using server = await startScratchPostgres();
  const pool = createPool({ ...options, url: server.url });
  const idle = await pool.connect();
  const busy = await pool.connect();
  idle.release();
  const query = busy.query("select pg_sleep(60)");
  const idleLost = once(pool, "error");
  server.kill();
  await assert.rejects(query);
  await idleLost;
  busy.release(true);
  const restarted = server.start();
  const { rows } = await pool.query("select 1 as one");
  assert.deepEqual(rows, [{ one: 1 }]);
  await restarted;
  await pool.end();
});

test("a wrong password is not retried", async () => {
  const begun = Date.now();
  const pool = createPool({ ...options, url: db.urls.admin.replace(db.name, `${db.name}_missing`) });
  await assert.rejects(pool.query("select 1"), { code: "3D000" });
  assert.ok(Date.now() - begun < 2_000);
  await pool.end();
});

test("connections stay open when idle", async () => {
  const pool = createPool({ ...options, url: db.urls.api });
  const pidOf = async () =>
    (await pool.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid;
  const first = await pidOf();
  assert.equal(await pidOf(), first);
  assert.equal(pool.options.idleTimeoutMillis, 0);
  await pool.end();
  const left = await withClient(db.urls.admin, (client) =>
    client.query("select from pg_stat_activity where pid = $1", [first]),
  );
  assert.equal(left.rowCount, 0);
});
