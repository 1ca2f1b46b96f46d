import assert from "node:assert/strict";
import { hostname } from "node:os";
import { Writable } from "node:stream";
import { after, before, test } from "node:test";
import { createLogger } from "../../src/log.ts";
import { watchTransactions } from "../../src/worker/open-transactions.ts";
import { createTestDatabase, type TestDatabase, withClient } from "../helpers/database.ts";
import { until } from "../helpers/jobs.ts";

let db: TestDatabase;
before(async () => {
  db = await createTestDatabase();
  await enter("eldest", process.pid, "1 hour");
});
after(() => db.drop());

const enter = (id: string, pid: number, ago: string) =>
  withClient(db.urls.admin, (client) =>
    client.query(
      `insert into rowlock_private.workers (id, host, pid, version, concurrency, started_at, seen_at)
       values ($1, $2, $3, '1', 1, now() - $4::interval, now() + interval '1 hour')`,
      [id, hostname(), pid, ago],
    ),
  );

type Line = { msg: string } & Record<string, unknown>;

/** Watches while `work` is done; the warnings it gave. */
async function watch(work: (lines: Line[]) => Promise<void>): Promise<Line[]> {
  const lines: Line[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as Line);
      done();
    },
  });
  const logger = createLogger({ level: "warn", format: "json", destination });
  const watching = watchTransactions({ pool: db.pool("task"), logger, afterMs: 1_000, everyMs: 50 });
  try {
    await work(lines);
  } finally {
    await watching.stop();
  }
  return lines;
}

/** Someone else's session that holds a transaction open, and a second one that comes and goes. */
async function withHolder(work: (pid: number) => Promise<void>): Promise<void> {
  await withClient(db.urls.ops, async (holder) => {
    await holder.query("set application_name = 'a report'; begin");
    const { rows } = await holder.query<{ pid: number }>("select pg_backend_pid() as pid");
    await work(rows[0]?.pid ?? 0);
    await holder.query("commit");
  });
}

const lasting = async (lines: Line[], count: number): Promise<void> => {
  await until(
    () => Promise.resolve(lines.length),
    (n) => n >= count,
  );
};

test("a transaction that stays open is warned of once in a while, naming who holds it, and not when it has ended", async () => {
  const began = Date.now();
  const lines = await watch(async (lines) => {
    await withHolder(async (pid) => {
      await lasting(lines, 2);
      assert.ok(Date.now() - began >= 2_000, "the second came too early");
      assert.equal(lines[0]?.backend, pid);
    });
    const told = lines.length;
    // While another one is looked at, nothing more is said of the one that has ended.
    await withHolder(() => lasting(lines, told + 1));
    assert.notEqual(lines[told]?.backend, lines[0]?.backend);
  });
  const [line] = lines;
  assert.deepEqual(
    [line?.login, line?.application, line?.state],
    ["rowlock_ops", "a report", "idle in transaction"],
  );
  assert.ok(Math.abs(new Date(String(line?.since)).getTime() - began) < 1_000);
  assert.match(
    line?.msg ?? "",
    /^A transaction is open for \d s, since .*login rowlock_ops, application "a report".*pg_terminate_backend/,
  );
});

test("without the right everybody sees who is in a transaction, and not since when", async () => {
  await withHolder(async (pid) => {
    const { rows } = await db.pool("api").query(
      `select a.application_name, a.usename::text as login, a.xact_start, a.state
       from pg_locks l join pg_stat_activity a on a.pid = l.pid where l.locktype = 'virtualxid' and a.pid = $1`,
      [pid],
    );
    assert.deepEqual(rows, [
      { application_name: "a report", login: "rowlock_ops", xact_start: null, state: null },
    ]);
  });
});

test("an owner that may not see others' transactions goes by what it saw itself", async () => {
  await withClient(db.urls.admin, async (admin) => {
    // In this database alone: the right itself belongs to the whole server, which other tests use at this moment.
    const { rows } = await admin.query<{ text: string }>(
      "select pg_get_functiondef('rowlock_private.open_transactions'::regproc) as text",
    );
    const blind = rows[0]?.text
      .replace("host(a.client_addr), a.state, a.xact_start", "null, null, null::timestamptz")
      .replace("and (a.xact_start is null or a.xact_start < clock_timestamp() - longer_than)", "");
    await admin.query(`set role rowlock_owner; ${blind}`);
    const lines = await watch((lines) => withHolder(() => lasting(lines, 1)));
    assert.match(
      lines[0]?.msg ?? "",
      /^A transaction is open for at least 1 s, .*login rowlock_ops, application "a report"\./,
    );
    await admin.query(rows[0]?.text ?? "");
  });
});

test("of several workers the one that has lived longest warns, and the others do not", async () => {
  await enter("elder still", process.pid + 1, "2 hours");
  const lines = await watch(() =>
    withHolder(() =>
      db
        .pool("admin")
        .query("select pg_sleep(1.5)")
        .then(() => undefined),
    ),
  );
  assert.deepEqual(lines, []);
});
