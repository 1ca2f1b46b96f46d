import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { issueOperatorToken, withTenant } from "../../src/tenancy/index.ts";
import { readBlocks, repository } from "../docs/pages.ts";
import { withClient } from "../helpers/database.ts";
import { until } from "../helpers/jobs.ts";
import { type GraphqlAnswer, type Organization, startWorld, type World } from "./support.ts";

let world: World;
let token: string;
before(async () => {
  world = await startWorld({ ops: true });
  token = await issueOperatorToken(world.settings, { name: "olga", expiresIn: "1h" });
});
after(() => world.stop());

async function ask<Data>(query: string, variables: object = {}): Promise<{ data: Data; text: string }> {
  const answer = await world.send("POST", "/ops/graphql", {
    headers: { authorization: `Bearer ${token}` },
    json: { query, variables },
  });
  const { data, errors } = answer.body as GraphqlAnswer;
  assert.deepEqual(errors ?? [], [], answer.text);
  return { data: data as Data, text: answer.text };
}

/** Launches jobs that wait, and hands the first so many of them to the broker. @returns their ids */
async function launch(who: Organization, jobs: number, handed: number): Promise<string[]> {
  const ids = await withTenant(world.db.pool("api"), who.owner, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      `select rowlock.launch_job('greet', '{"name": "private"}') as id from generate_series(1, ${jobs})`,
    );
    return rows.map(({ id }) => id);
  });
  await withClient(world.db.urls.admin, async (client) => {
    await client.query(
      `delete from graphile_worker._private_jobs j where (j.payload ->> 'job')::uuid = any($1)`,
      [ids],
    );
    await client.query("update rowlock.live set state = 'waiting' where id = any($1)", [ids]);
    await client.query(
      "select graphile_worker.add_job('greet', json_build_object('job', id)) from unnest($1::uuid[]) id",
      [ids.slice(0, handed)],
    );
  });
  return ids;
}

type Share = { name: string; used: number; due: number; ownPaused: boolean; inFlight: number };
const shares = async (args = ""): Promise<Share[]> =>
  (
    await ask<{ organizationShares: { nodes: Share[] } }>(
      `{ organizationShares${args} { nodes {
         name weight inFlight waiting scheduled used due paused ownPaused ownPausedTasks maxRunning rateJobs rateMs } } }`,
    )
  ).data.organizationShares.nodes;

test("an operator sees who has which share and which is due to whom; what is paused is due nothing", async () => {
  const { north, south } = world;
  await launch(north, 2, 1);
  await launch(south, 3, 1);
  await ask(
    `mutation { createPolicy(input: { policy: { organizationId: "${north.id}", weight: 3, maxRunning: 9 } }) { clientMutationId } }`,
  );
  const [first, second] = await shares();
  assert.deepEqual(first, {
    name: "north",
    weight: 3,
    inFlight: 1,
    waiting: 2,
    scheduled: 0,
    used: 0.5,
    due: 0.75,
    paused: false,
    ownPaused: false,
    ownPausedTasks: [],
    maxRunning: 9,
    rateJobs: null,
    rateMs: null,
  });
  assert.deepEqual([second?.name, second?.used, second?.due], ["south", 0.5, 0.25]);

  await withTenant(world.db.pool("api"), south.owner, (tx) =>
    tx.query("select rowlock.pause_jobs(), rowlock.pause_jobs('greet')"),
  );
  const [alone, held] = await shares();
  assert.equal(alone?.due, 1);
  assert.partialDeepStrictEqual(held, { due: 0, used: 0.5, ownPaused: true, ownPausedTasks: ["greet"] });

  const names = async (args: string) => (await shares(args)).map(({ name }) => name);
  assert.deepEqual(await names('(search: "NOR")'), ["north"]);
  assert.deepEqual(await names('(search: "%")'), []);
  assert.deepEqual(await names(`(organization: "${south.id}")`), ["south"]);
  assert.deepEqual(await names(`(afterOrganization: "${north.id}")`), ["south"]);
});

test("of a worker an operator sees what it has in hand, and nothing that is in it", async () => {
  const { north } = world;
  await world.db
    .pool("task")
    .query("select rowlock_private.register_worker('busy', 'host-1', 12, '1.2.3', 8, false)");
  await world.db.pool("task").query("select rowlock_private.worker_seen('busy', now(), 1, 4)");
  const [id] = await launch(north, 1, 1);
  await withClient(world.db.urls.admin, (client) =>
    client.query(
      `update graphile_worker._private_jobs set locked_by = 'busy', locked_at = now() - interval '5 seconds'
       where payload ->> 'job' = $1`,
      [id],
    ),
  );
  type Hold = { since: string };
  const { data, text } = await ask<{ workers: { nodes: { poolWaiting: number; holds: Hold[] }[] } }>(
    "{ workers { nodes { poolWaiting holds { jobId organizationId task state attempt since } } } }",
  );
  const [worker] = data.workers.nodes;
  assert.equal(worker?.poolWaiting, 4);
  const [{ since, ...hold } = { since: "" }] = worker?.holds ?? [];
  assert.equal(worker?.holds.length, 1);
  assert.deepEqual(hold, {
    jobId: id,
    organizationId: north.id,
    task: "greet",
    state: "waiting",
    attempt: 1,
  });
  const age = Date.now() - new Date(since).getTime();
  assert.ok(age >= 5_000 && age < 60_000, String(age));
  assert.ok(!text.includes("private"));
});

const healthQuery = `{ databaseHealth {
  complete liveRows deadRows bytes tables { name partitions liveRows deadRows bytes lastAutovacuum }
  oldestTransaction { holder pid login application state statement seconds }
  oldestXmin { holder pid xminAge } connections { login state connections } maxConnections lockWaits
  queue { deliveries locked oldestSeconds } dispatcher { pid since busy seenAt }
  replicas { name } poolWaits { name size open idle waiting } } }`;
type Health = {
  complete: boolean;
  bytes: string;
  tables: { name: string; partitions: number; bytes: string | null }[];
  oldestTransaction: { pid: number; application: string; statement: string } | null;
  oldestXmin: { pid: number } | null;
  connections: { login: string | null; state: string | null; connections: number }[];
  lockWaits: number;
  queue: { deliveries: number; locked: number };
  dispatcher: { pid: number | null; busy: boolean };
  poolWaits: { name: string; size: number; waiting: number }[];
};
const health = async () => {
  const { data, text } = await ask<{ databaseHealth: Health }>(healthQuery);
  return { ...data.databaseHealth, text };
};

test("an operator sees who holds vacuum up, by the first word of what they do, and waits for nobody's lock", async () => {
  await withClient(world.db.urls.admin, async (holder) => {
    await holder.query("set application_name = 'a report'; begin isolation level repeatable read");
    await holder.query("lock table rowlock.policies in access exclusive mode");
    const { rows } = await holder.query<{ pid: number }>("select pg_backend_pid() as pid, 'private'");
    const pid = rows[0]?.pid;
    const seen = await health();
    assert.equal(seen.complete, true);
    assert.partialDeepStrictEqual(seen.oldestTransaction, {
      pid,
      application: "a report",
      holder: "session",
      state: "idle in transaction",
      statement: "SELECT",
    });
    assert.equal(seen.oldestXmin?.pid, pid);
    assert.ok(!seen.text.includes("private'"), seen.text);
    const table = (name: string) => seen.tables.find((one) => one.name === name);
    assert.equal(table("rowlock.policies")?.bytes, null);
    assert.ok(Number(table("rowlock.job")?.partitions) > 1);
    assert.ok(Number(table("graphile_worker._private_jobs")?.bytes) > 0);
    assert.ok(seen.connections.some(({ login }) => login === "rowlock_ops"));
    assert.deepEqual([seen.queue.deliveries, seen.queue.locked], [3, 1]);
    assert.equal(seen.dispatcher.pid, null);

    await withClient(world.db.urls.admin, async (waiter) => {
      const waiting = waiter.query("select count(*) from rowlock.policies");
      await until(health, ({ lockWaits }) => lockWaits === 1);
      await holder.query("rollback");
      await waiting;
    });
  });
});

test("who dispatches is seen, and what waits for a connection in the API", async () => {
  const dispatcher = world.db.pool("task");
  const client = await dispatcher.connect();
  try {
    const { rows } = await client.query<{ pid: number }>(
      "select pg_backend_pid() as pid from rowlock_private.lead_dispatch(), rowlock_private.set_busy(true)",
    );
    assert.partialDeepStrictEqual((await health()).dispatcher, { pid: rows[0]?.pid, busy: true });
  } finally {
    await client.query("select pg_advisory_unlock_all()");
    client.release();
  }
  const tenants = ({ poolWaits }: Health) => poolWaits.find(({ name }) => name === "tenants");
  const naps = Array.from({ length: 12 }, () =>
    world.graphql(world.north.owner, "mutation { nap(input: { seconds: 1.5 }) { result } }"),
  );
  const seen = await until(health, (one) => (tenants(one)?.waiting ?? 0) > 0);
  assert.equal(tenants(seen)?.size, 5);
  await Promise.all(naps);
  assert.equal(tenants(await health())?.waiting, 0);
});

test("without the rights to see others' sessions the answer says so and is there all the same", async () => {
  await withClient(world.db.urls.admin, async (client) => {
    // Undone, and seen by nobody else.
    await client.query("begin; revoke pg_read_all_stats from rowlock_owner; set local role rowlock_operator");
    const { rows } = await client.query<{ complete: boolean; tables: number }>(
      "select h.complete, cardinality(h.tables) as tables from rowlock.database_health() h",
    );
    await client.query("rollback");
    assert.equal(rows[0]?.complete, false);
    assert.ok((rows[0]?.tables ?? 0) > 20);
  });
});

test("what operators change, of organizations and of tasks, they read in the audit", async () => {
  const { south } = world;
  for (const change of [
    `createPolicy(input: { policy: { organizationId: "${south.id}", weight: 2 } })`,
    `updatePolicy(input: { organizationId: "${south.id}", patch: { paused: true, maxRunning: 4 } })`,
    `createTaskPolicy(input: { taskPolicy: { task: "greet", maxRunning: 5 } })`,
    `updateTaskPolicy(input: { task: "greet", patch: { rateJobs: 7, rateMs: 1000, paused: true } })`,
    `deleteTaskPolicy(input: { task: "greet" })`,
  ]) {
    await ask(`mutation { ${change} { clientMutationId } }`);
  }
  type Entry = { operator: string; action: string; subject: string; after: Record<string, unknown> | null };
  const { data } = await ask<{ auditEntries: { nodes: Entry[] } }>(
    "{ auditEntries(orderBy: PRIMARY_KEY_DESC, first: 5) { nodes { operator action subject before after } } }",
  );
  const entries = data.auditEntries.nodes.toReversed();
  assert.deepEqual(
    entries.map(({ operator, action, subject }) => [operator, action, subject]),
    [
      ["olga", "insert policy", south.id],
      ["olga", "update policy", south.id],
      ["olga", "insert task_policy", "greet"],
      ["olga", "update task_policy", "greet"],
      ["olga", "delete task_policy", "greet"],
    ],
  );
  assert.partialDeepStrictEqual(entries[1]?.after, { paused: true, max_running: 4, weight: 2 });
  assert.partialDeepStrictEqual(entries[3]?.after, { paused: true, rate_jobs: 7, rate_ms: 1000 });
});

test("what docs/operating.md asks for is answered", async () => {
  const blocks = readBlocks(join(repository, "docs/operating.md"));
  assert.ok(blocks.length >= 5);
  for (const { text } of blocks) await ask(text);
});

test("with 10,000 organizations that wait, a page of shares comes at once", async (t) => {
  await world.asOwner(
    `with made as (
       insert into rowlock.organizations (name) select 'many ' || n from generate_series(1, 10000) n returning id)
     insert into rowlock.live (organization_id, id, run_at, state, task)
     select m.id, rowlock.uuid7(), now(), 'waiting', 'greet' from made m, generate_series(1, 3)`,
  );
  const began = performance.now();
  const page = await shares("(first: 100)");
  const ms = Math.round(performance.now() - began);
  t.diagnostic(`${ms} ms`);
  assert.equal(page.length, 100);
  assert.ok(page.every(({ due }) => due < 0.001));
  assert.equal((await shares('(search: "Many 77", first: 100)')).length, 100);
  assert.ok(ms < 3_000, `${ms} ms`);
});
