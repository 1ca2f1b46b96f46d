import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { packageRoot, sqlstateOf } from "../../src/sdk/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import type { Person } from "../api/support.ts";
import { withClient } from "../helpers/database.ts";
import { inherited } from "../helpers/inherited.ts";
import { deliver, redeliver, until } from "../helpers/jobs.ts";
import { type FakeModels, serveModels } from "./fake-models/index.ts";
import { executeAgainstModel, ledger } from "./model-support.ts";
import { type EvalsWorld, jobsOf, results, runAll, startEvals } from "./support.ts";

let world: EvalsWorld;
let fake: FakeModels;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());
beforeEach(async () => {
  fake = await serveModels();
});
afterEach(() => fake.close());

const right = [{ input: "right", expected: "right" }];
const usage = async (who: Person, query = "") => {
  const { status, body, text } = await world.send("GET", `/api/model-usage${query}`, { as: who });
  assert.equal(status, 200, text);
  return body as Record<string, unknown>;
};

test("a run against a model: prompt filled, answers judged, each answered call in the ledger with its cost", async () => {
  const run = await executeAgainstModel(world, world.north.member, {
    fake,
    tests: [...right, { input: "wrong", expected: "right" }],
    endpoint: { requestTemplate: { system: "Repeat {{ input | upcase }}.", prompt: "{{ input }}" } },
    model: { parameters: { temperature: 0 } },
  });
  await runAll(world, run.id);
  const found = await results(world, run.id);
  assert.deepEqual(
    found.map(({ state, output }) => [state, output]),
    [
      ["passed", "right"],
      ["failed", "wrong"],
    ],
  );
  assert.deepEqual(
    fake.log.map(({ system, turns, model, temperature }) => [system, turns, model, temperature]),
    [
      ["Repeat RIGHT.", ["right"], "llama", 0],
      ["Repeat WRONG.", ["wrong"], "llama", 0],
    ],
  );
  const jobs = await jobsOf(world, run.id);
  assert.deepEqual(
    await ledger(world, run.id),
    found.map(({ id }, at) => ({
      key: `${jobs[at]?.id}/endpoint`,
      result: id,
      cost: "0.0045",
      purpose: "endpoint",
      model: "openai-compatible/llama",
    })),
  );
  const [seen] = await world.asOwner(
    "select sum(input_tokens)::int as input, sum(output_tokens)::int as output, sum(cost)::float8 as cost from evals.test_results where test_run_id = $1",
    [run.id],
  );
  assert.deepEqual(seen, { input: 2_000, output: 400, cost: 0.009 });
  const sums = { calls: 2, inputTokens: 2_000, outputTokens: 400, cost: "0.009", withoutCost: 0 };
  assert.deepEqual(await usage(world.north.viewer, `?testRunId=${run.id}`), {
    ...sums,
    byModel: [{ purpose: "endpoint", providerModel: "openai-compatible/llama", ...sums }],
  });
  assert.deepEqual(await usage(world.south.owner), { ...zero, byModel: [] });
  assert.equal((await usage(world.north.viewer, "?until=2020-01-01T00:00:00Z")).calls, 0);
  const { data, errors } = await world.graphql(
    world.north.viewer,
    "query ($run: UUID!) { modelUsageTotals(testRunId: $run) { nodes { purpose providerModel calls cost withoutCost } } }",
    { run: run.id },
  );
  assert.deepEqual(errors, []);
  const { modelUsageTotals } = data as { modelUsageTotals: { nodes: unknown[] } };
  assert.equal(modelUsageTotals.nodes.length, 1);
});

const zero = { calls: 0, inputTokens: 0, outputTokens: 0, cost: "0", withoutCost: 0 };

test("what passes is asked again by the job and counted once; what was not answered is not counted", async () => {
  const run = await executeAgainstModel(world, world.north.member, { fake, tests: right });
  fake.faults = [{ status: 429 }, { status: 503 }, "cut"];
  await runAll(world, run.id);
  assert.deepEqual(
    (await results(world, run.id)).map(({ state }) => state),
    ["passed"],
  );
  assert.deepEqual([fake.log.length, (await ledger(world, run.id)).length], [4, 1]);
  assert.equal(new Set(fake.log.map(({ idempotencyKey }) => idempotencyKey)).size, 1);

  const failing = await executeAgainstModel(world, world.north.member, { fake, tests: right });
  fake.faults = [{ status: 401 }];
  await runAll(world, failing.id);
  const [result] = await results(world, failing.id);
  assert.deepEqual([result?.state, result?.code], ["errored", "MODEL_REFUSED"]);
  assert.deepEqual(await ledger(world, failing.id), []);
});

test("a run keeps its model as it was; without a price its calls are counted without a cost", async () => {
  const run = await executeAgainstModel(world, world.north.member, {
    fake,
    tests: right,
    model: { inputPrice: null },
  });
  await world.asOwner("update evals.models set model = 'another', input_price = 1 where base_url like $1", [
    `${fake.url}%`,
  ]);
  await runAll(world, run.id);
  assert.deepEqual(
    fake.log.map(({ model }) => model),
    ["llama"],
  );
  const { cost, withoutCost } = await usage(world.north.viewer, `?testRunId=${run.id}`);
  assert.deepEqual([cost, withoutCost], ["0", 1]);
});

test("its key is read by the job of now, and goes to no place but the one it was given for", async () => {
  const given = { fake, tests: [...right, { input: "later" }], model: { key: "sk-first" } };
  const run = await executeAgainstModel(world, world.north.member, given);
  const [one, two] = await jobsOf(world, run.id);
  await deliver(world.db, one?.id ?? "", world.runTest);
  const [model] = await world.asOwner<{ id: string; name: string }>(
    "select id, name from evals.models where base_url like $1",
    [`${fake.url}%`],
  );
  const put = (path: string, key: string) =>
    world.send("PUT", `/api/models/${model?.id}`, {
      as: world.north.member,
      json: {
        name: model?.name,
        provider: "openai-compatible",
        model: "llama",
        baseUrl: `${fake.url}/${path}`,
        key,
      },
    });
  assert.equal((await put("local", "sk-second")).status, 200);
  await deliver(world.db, two?.id ?? "", world.runTest);
  assert.deepEqual(
    fake.log.map(({ key }) => key),
    ["sk-first", "sk-second"],
  );

  const again = await executeAgainstModel(world, world.north.member, { ...given, model: { key: "sk" } });
  await world.asOwner("update evals.models set base_url = base_url || '/moved'");
  await runAll(world, again.id);
  assert.deepEqual(
    (await results(world, again.id)).map(({ code }) => code),
    ["MODEL_REFUSED", "MODEL_REFUSED"],
  );
  assert.equal(fake.log.length, 2);
});

test("the ledger outlives the model, and nobody but a job writes it", async () => {
  const run = await executeAgainstModel(world, world.north.member, { fake, tests: right });
  await runAll(world, run.id);
  const before = await ledger(world, run.id);
  const write = (sql: string) =>
    withTenant(world.db.pool("api"), world.north.owner, (tx) => tx.query(sql)).then(
      () => "done",
      (error: unknown) => sqlstateOf(error),
    );
  assert.equal(await write("update evals.model_usage set cost = 0"), "42501");
  assert.equal(await write("delete from evals.model_usage"), "42501");
  assert.equal(
    await write(
      "insert into evals.model_usage (provider_model, purpose, idempotency_key) values ('x', 'judge', 'mine')",
    ),
    "42501",
  );
  assert.equal(await write(`delete from evals.models where base_url like '${fake.url}%'`), "done");
  assert.deepEqual(await ledger(world, run.id), before);
});

/** Behind this lock the transaction waits that stores answer and ledger, so that the test decides how it ends. */
const gate = 4712;

test("a worker killed as it stores an answer stores neither it nor its cost; the next attempt's call counts once", async () => {
  await world.db.pool("admin").query(`
    create function evals.wait_at_ledger() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock(${gate}); return new; end $$;
    create trigger wait_at_ledger after insert on evals.model_usage for each row execute function evals.wait_at_ledger()`);
  const run = await executeAgainstModel(world, world.north.member, { fake, tests: right });
  const [{ id } = { id: "" }] = await jobsOf(world, run.id);
  let worker: ChildProcess | undefined;
  try {
    await withClient(world.db.urls.admin, async (holder) => {
      await holder.query("select pg_advisory_lock($1)", [gate]);
      worker = startWorker();
      const waiting = () =>
        holder.query<{ pid: number }>(
          "select pid from pg_locks where locktype = 'advisory' and objid = $1 and not granted",
          [gate],
        );
      const { rows } = await until(waiting, (found) => found.rows.length === 1, 60_000);
      const exit = once(worker, "exit");
      worker.kill("SIGKILL");
      await exit;
      await holder.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
      await until(waiting, (found) => found.rows.length === 0);
    });
  } finally {
    worker?.kill("SIGKILL");
  }
  assert.deepEqual([(await results(world, run.id))[0]?.output, await ledger(world, run.id)], [null, []]);

  await redeliver(world.db, id, "evals/run-test");
  assert.equal((await deliver(world.db, id, world.runTest)).kind, "succeeded");
  // Delivered once more it finds itself done.
  await redeliver(world.db, id, "evals/run-test");
  await deliver(world.db, id, world.runTest);
  assert.equal((await results(world, run.id))[0]?.state, "passed");
  assert.deepEqual(
    [fake.log.map(({ idempotencyKey }) => idempotencyKey), (await ledger(world, run.id)).length],
    [[`${id}/endpoint`, `${id}/endpoint`], 1],
  );
});

function startWorker(): ChildProcess {
  return spawn(process.execPath, [join(packageRoot, "bin", "rowlock.js"), "worker"], {
    env: {
      ...inherited,
      NODE_ENV: "test",
      LOG_LEVEL: "error",
      TASK_DATABASE_URL: world.db.urls.task,
      BROKER_DATABASE_URL: world.db.urls.broker,
      ALLOW_INTERNAL_ADDRESSES: "127.0.0.0/8",
      TASKS_DIR: "/nonexistent",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
}
