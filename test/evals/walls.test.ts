import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sqlstateOf } from "../../src/sdk/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { deliver } from "../helpers/jobs.ts";
import { type Bot, serveBot } from "./bot.ts";
import { type EvalsWorld, execute, plan, type Result, results, runAll, startEvals } from "./support.ts";

let world: EvalsWorld;
let bot: Bot;
let runId: string;
before(async () => {
  bot = await serveBot();
  world = await startEvals();
  const given = await plan(world, world.north.owner, {
    url: bot.url,
    tests: [
      { input: "right", expected: "right" },
      { input: "wrong", expected: "right" },
    ],
  });
  runId = (await execute(world, world.north.owner, given)).id;
  await runAll(world, runId);
});
after(async () => {
  await world.stop();
  await bot.close();
});

const snapshot = () => results(world, runId);

test("GraphQL offers no mutation that writes runs, results, evaluations or configurations", async () => {
  const { data, errors } = await world.graphql(
    world.north.owner,
    "{ __schema { mutationType { fields { name } } } }",
  );
  assert.deepEqual(errors, []);
  const { __schema: schema } = data as { __schema: { mutationType: { fields: { name: string }[] } } };
  const names = schema.mutationType.fields.map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => /TestRun|TestResult|Evaluation|TestConfiguration/i.test(name)).sort(),
    ["cancelTestRun", "rescoreTestRun", "retryTestRun"],
  );
  // What is made of the tables by itself must not stand beside the mutations that check their input.
  assert.deepEqual(names.filter((name) => /Endpoint|Metric/.test(name)).sort(), [
    "createEndpoint",
    "createMetric",
    "createModelEndpoint",
    "deleteEndpoint",
    "deleteEndpointByName",
    "deleteMetric",
    "deleteMetricByName",
    "replaceEndpoint",
    "replaceMetric",
    "replaceModelEndpoint",
    "setTestSetMetrics",
    "tryEndpoint",
  ]);
  assert(names.includes("executeTestSet"));
});

test("a member's own SQL changes no result, adds no verdict and makes no run", async () => {
  const before = await snapshot();
  const [right, wrong] = before;
  assert.deepEqual([right?.state, wrong?.state], ["passed", "failed"]);
  const statements: [string, "denied" | "no row"][] = [
    ["update evals.test_results set state = 'passed', output = 'right'", "no row"],
    ["update evals.evaluations set passed = true", "denied"],
    ["delete from evals.test_results", "denied"],
    ["delete from evals.evaluations", "denied"],
    ["delete from evals.test_runs", "denied"],
    ["update evals.test_runs set total = 1", "denied"],
    [
      `insert into evals.evaluations (test_result_id, metric, passed, score, reason) values ('${wrong?.id}', 'mine', true, 1, 'I say so')`,
      "denied",
    ],
    [
      `insert into evals.test_results (test_run_id, test_id, job_id, position, input) values ('${runId}', rowlock.uuid7(), rowlock.uuid7(), 9, 'x')`,
      "denied",
    ],
    [
      `insert into evals.test_runs (test_configuration_id, batch_id, endpoint, metrics, total) select test_configuration_id, batch_id, endpoint, metrics, 1 from evals.test_runs`,
      "denied",
    ],
    [
      `insert into evals.test_configurations (test_set_id, endpoint_id) select test_set_id, endpoint_id from evals.test_configurations`,
      "denied",
    ],
  ];
  for (const [sql, outcome] of statements) {
    const done = withTenant(
      world.db.pool("api"),
      world.north.owner,
      async (tx) => (await tx.query(sql)).rowCount,
    );
    if (outcome === "no row") assert.equal(await done, 0, sql);
    else await assert.rejects(done, (error: unknown) => sqlstateOf(error) === "42501", sql);
  }
  assert.deepEqual(await snapshot(), before);
});

test("another organization's SQL sees none of it", async () => {
  for (const table of [
    "test_runs",
    "test_results",
    "evaluations",
    "test_configurations",
    "endpoints",
    "metrics",
    "tests",
  ]) {
    const { rows } = await withTenant(world.db.pool("api"), world.south.owner, (tx) =>
      tx.query<{ n: number }>(`select count(*)::int as n from evals.${table}`),
    );
    assert.equal(rows[0]?.n, 0, table);
  }
});

test("a job of one result writes that result and, whatever its task does, none of another organization", async () => {
  const before: Result[] = await snapshot();
  const given = await plan(world, world.south.owner, {
    url: bot.url,
    tests: [{ input: "theirs", expected: "theirs" }],
  });
  const theirs = await execute(world, world.south.owner, given);
  // A job of south whose payload names a result of north: the payload says nothing of whose it is.
  const [launched] = await world.asOwner<{ id: string }>(
    "select rowlock.launch_job_for($1, null, 'evals/run-test', $2) as id",
    [world.south.id, JSON.stringify({ id: before[1]?.id })],
  );
  await world.asOwner("update evals.test_results set state = 'running', finished_at = null where id = $1", [
    before[1]?.id,
  ]);
  assert.equal((await deliver(world.db, launched?.id ?? "", world.runTest)).kind, "succeeded");
  assert.equal((await snapshot())[1]?.state, "running");
  await runAll(world, theirs.id);
  assert.deepEqual(
    (await results(world, theirs.id)).map(({ state }) => state),
    ["passed"],
  );
});
