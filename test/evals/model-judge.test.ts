import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { sqlstateOf } from "../../src/sdk/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { codeOf } from "../api/support.ts";
import { deliver } from "../helpers/jobs.ts";
import { type Bot, serveBot } from "./bot.ts";
import { type FakeModels, serveModels } from "./fake-models/index.ts";
import { serveHalfDown } from "./half-down.ts";
import { createModel, ledger } from "./model-support.ts";
import {
  create,
  type EvalsWorld,
  execute,
  getRun,
  jobsOf,
  plan,
  type Run,
  results,
  runAll,
  startEvals,
  unique,
} from "./support.ts";

let world: EvalsWorld;
let fake: FakeModels;
let bot: Bot;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());
beforeEach(async () => {
  fake = await serveModels();
  bot = await serveBot();
});
afterEach(async () => {
  await fake.close();
  await bot.close();
});

const numeric = { kind: "numeric", parameters: { instructions: "How right?", threshold: 5 } };
const right = [{ input: "right", expected: "right" }];
const metric = (fields: Record<string, unknown>) => create(world, world.north.member, "metrics", fields);
const model = (fields?: Record<string, unknown>) => createModel(world, world.north.member, fake, fields);
const says = (verdict: object) => {
  fake.answer = () => JSON.stringify({ reason: "So it is.", ...verdict });
};

/** A numeric metric of its own model. */
async function byModel(modelId: string): Promise<string> {
  return await metric({ kind: "numeric", parameters: { ...numeric.parameters, modelId } });
}

async function start(
  metricIds: string[],
  tests: { input: string; expected: string }[] = right,
): Promise<Run> {
  const given = await plan(world, world.north.member, { url: bot.url, tests });
  return await execute(world, world.north.member, { ...given, metricIds });
}

async function setDefault(modelId: string): Promise<void> {
  const { status } = await world.send("PUT", "/api/model-defaults/judge", {
    as: world.north.member,
    json: { modelId },
  });
  assert.equal(status, 200);
}

const endOf = async (run: Run) => {
  const [result] = await results(world, run.id);
  return [result?.state, result?.code, result?.message];
};

test("a run judged by models: score, category and reason are stored, and what each verdict cost", async () => {
  fake.answer = ({ system }) =>
    JSON.stringify({
      reason: "So it is.",
      ...(system?.startsWith("How right?") ? { score: 7.5 } : {}),
      ...(system?.startsWith("Which tone?") ? { category: "dry" } : {}),
      ...(system?.includes("reached this goal") ? { reached: true } : {}),
    });
  const modelId = await model({ key: "sk-judge" });
  const tone = { instructions: "Which tone?", categories: ["dry", "kind"], passing: ["kind"] };
  const run = await start([
    await metric({ name: "a score", kind: "numeric", parameters: { ...numeric.parameters, modelId } }),
    await metric({ name: "b tone", kind: "categorical", parameters: { ...tone, modelId } }),
    await metric({ name: "c goal", kind: "goal", parameters: { goal: "Repeats.", modelId } }),
    await metric({ name: "d exact", kind: "exact" }),
  ]);
  await runAll(world, run.id);
  const { body } = await world.send("GET", `/api/test-runs/${run.id}/results`, { as: world.north.viewer });
  const [result] = (body as { results: { id: string; state: string; evaluations: unknown[] }[] }).results;
  assert.equal(result?.state, "failed");
  assert.deepEqual(result?.evaluations, [
    { metric: "a score", passed: true, score: 7.5, category: null, reason: "7.5 of 10: So it is." },
    { metric: "b tone", passed: false, score: 0, category: "dry", reason: "dry: So it is." },
    { metric: "c goal", passed: true, score: 1, category: null, reason: "So it is." },
    { metric: "d exact", passed: true, score: 1, category: null, reason: "The output is the expected text." },
  ]);
  const [job] = await jobsOf(world, run.id);
  const entries = await ledger(world, run.id);
  assert.deepEqual(
    entries.map(({ key: _, ...rest }) => rest),
    Array(3).fill({
      ...{ result: result?.id, cost: "0.0045", purpose: "judge" },
      model: "openai-compatible/llama",
    }),
  );
  assert.deepEqual(
    fake.log.map(({ idempotencyKey }) => idempotencyKey),
    entries.map(({ key }) => key),
  );
  assert.equal(new Set(entries.map(({ key }) => key)).size, 3);
  for (const { key } of entries) assert.match(key, new RegExp(`^${job?.id}/judge/[0-9a-f]{16}/0$`));
  assert.deepEqual([bot.asked, fake.log.map(({ key }) => key)], [["right"], Array(3).fill("sk-judge")]);
});

test("half of a judge's calls fail by chance: no verdict is lost, no test fails of it, and the endpoint is asked once", async () => {
  await using half = await serveHalfDown(20_261_125, ({ output, expected = "" }) =>
    output.endsWith(expected),
  );
  const metricId = await byModel(await createModel(world, world.north.member, half));
  const tests = Array.from({ length: 40 }, (_, n) => ({
    input: `${n}. It is ${n % 8}`,
    expected: `${n % 5}`,
  }));
  const run = await start([metricId], tests);
  await runAll(world, run.id);
  const expected = tests.map(({ input, expected: wanted }) => input.endsWith(wanted));
  const found = await results(world, run.id);
  assert.deepEqual(
    found.map(({ state }) => state),
    expected.map((passed) => (passed ? "passed" : "failed")),
  );
  assert.deepEqual(
    found.map(({ verdicts }) => verdicts.map(({ passed }) => passed)),
    expected.map((passed) => [passed]),
  );
  assert.deepEqual([...bot.asked].sort(), tests.map(({ input }) => input).sort());
  const { failed } = half;
  const failures = Object.values(failed).reduce((sum, times) => sum + times);
  assert.ok(
    Object.values(failed).every((times) => times > 0),
    JSON.stringify(failed),
  );
  assert.equal(half.log.length, 40 + failures);
  // What was answered was paid for, of use or not.
  const entries = await ledger(world, run.id);
  assert.equal(entries.length, 40 + failed["no verdict"]);
});

test("no model to judge is an error with its reason; once there is one, a retry judges what is stored", async () => {
  const run = await start([await metric(numeric)]);
  await runAll(world, run.id);
  const [state, code, message] = await endOf(run);
  assert.deepEqual([state, code], ["errored", "EVALUATION_ERROR"]);
  assert.match(
    message ?? "",
    /no default model for "judge"\. Name one, or set it: PUT \/api\/model-defaults/,
  );
  says({ score: 9 });
  await setDefault(await model());
  await world.send("POST", `/api/test-runs/${run.id}/retry`, { as: world.north.member });
  await runAll(world, run.id);
  assert.deepEqual([await endOf(run), bot.asked], [["passed", null, null], ["right"]]);
});

test("what the provider refuses is an error with its reason at once", async () => {
  const run = await start([await byModel(await model())]);
  fake.faults = [{ status: 401 }];
  await runAll(world, run.id);
  const [state, code, message] = await endOf(run);
  assert.deepEqual([state, code, fake.log.length], ["errored", "EVALUATION_ERROR", 1]);
  assert.match(message ?? "", /^Metric ".*": The provider of the model .* refused its key \(401\)/);
  assert.deepEqual(
    [(await getRun(world, world.north.viewer, run.id)).failed, await ledger(world, run.id)],
    [0, []],
  );
});

test("a model that gives no verdict is asked three times, each time corrected once; every answer is in the ledger", async () => {
  fake.answer = () => "I would rather not.";
  const run = await start([await byModel(await model())]);
  await runAll(world, run.id);
  const [state, code, message] = await endOf(run);
  assert.deepEqual([state, code], ["errored", "EVALUATION_ERROR"]);
  assert.match(message ?? "", /gave no object of the shape asked for.*It said: "I would rather not\."/);
  const entries = await ledger(world, run.id);
  assert.deepEqual([fake.log.length, entries.length], [6, 6]);
  // Another key after each put-off: a provider that remembers them would give the same answer again.
  assert.equal(new Set(fake.log.map(({ idempotencyKey }) => idempotencyKey)).size, 6);
});

test("the model is the one of the run's beginning, its key that of now", async () => {
  says({ score: 9 });
  const name = unique("model");
  const modelId = await model({ name, key: "sk-first" });
  const run = await start([await byModel(modelId)]);
  const { status } = await world.send("PUT", `/api/models/${modelId}`, {
    as: world.north.member,
    json: {
      ...{ name, provider: "openai-compatible", baseUrl: `${fake.url}/local` },
      ...{ model: "another", key: "sk-second" },
    },
  });
  assert.equal(status, 200);
  await runAll(world, run.id);
  assert.deepEqual(
    fake.log.map(({ model: asked, key }) => [asked, key]),
    [["llama", "sk-second"]],
  );
  const [kept] = await world.asOwner("select metrics::text as metrics from evals.test_runs where id = $1", [
    run.id,
  ]);
  assert.doesNotMatch(JSON.stringify(kept), /sk-/);
});

test("an attempt that ends between a judge's answer and its store asks again with the same key, and it counts once", async () => {
  says({ score: 9 });
  const run = await start([await byModel(await model())]);
  await world.db.pool("admin").query(`
    create sequence evals.stores;
    grant usage on sequence evals.stores to public;
    create function evals.fail_once() returns trigger language plpgsql as $$
    begin if nextval('evals.stores') = 1 then raise exception 'as if killed'; end if; return new; end $$;
    create trigger fail_once before insert on evals.evaluations for each row execute function evals.fail_once()`);
  try {
    const [{ id } = { id: "" }] = await jobsOf(world, run.id);
    await deliver(world.db, id, world.runTest);
    assert.deepEqual([(await endOf(run))[0], await ledger(world, run.id)], ["running", []]);
    await runAll(world, run.id);
  } finally {
    await world.db.pool("admin").query(`
      drop trigger fail_once on evals.evaluations; drop function evals.fail_once; drop sequence evals.stores`);
  }
  const keys = fake.log.map(({ idempotencyKey }) => idempotencyKey);
  assert.deepEqual([keys.length, new Set(keys).size], [2, 1]);
  assert.deepEqual(
    (await ledger(world, run.id)).map(({ key }) => key),
    keys.slice(1),
  );
  assert.deepEqual([(await endOf(run))[0], bot.asked], ["passed", ["right"]]);
});

test("outputs are rescored by a model; by a set's own metric, and by those of the organization", async () => {
  says({ score: 9 });
  const run = await start([await metric({ kind: "exact" })]);
  await runAll(world, run.id);
  const chosen = await byModel(await model());
  const { body } = await world.send("POST", `/api/test-runs/${run.id}/rescore`, {
    as: world.north.member,
    json: { metricIds: [chosen] },
  });
  const rescored = body as Run;
  await runAll(world, rescored.id);
  assert.deepEqual([(await endOf(rescored))[0], bot.asked, fake.log.length], ["passed", ["right"], 1]);

  const { metricIds: _, ...given } = await plan(world, world.north.member, { url: bot.url, tests: right });
  const ofSet = await world.send("PUT", `/api/test-sets/${given.testSetId}/metrics`, {
    as: world.north.member,
    json: { metricIds: [chosen] },
  });
  assert.equal(ofSet.status, 200);
  const bySet = await execute(world, world.north.member, given);
  await runAll(world, bySet.id);
  assert.deepEqual([bySet.metrics.length, (await endOf(bySet))[0], fake.log.length], [1, "passed", 2]);

  const another = await plan(world, world.north.member, { url: bot.url, tests: right });
  const byAll = await execute(world, world.north.member, {
    testSetId: another.testSetId,
    endpointId: another.endpointId,
  });
  const [name] = bySet.metrics;
  assert(name !== undefined && byAll.metrics.includes(name));
});

test("a metric that names another organization's model, or none, is refused at every door", async () => {
  const theirs = await createModel(world, world.south.member, fake);
  const own = await byModel(await model());
  for (const modelId of [theirs, "0198c1a0-0000-7000-8000-000000000000"]) {
    const json = { name: unique("metric"), kind: "goal", parameters: { goal: "?", modelId } };
    for (const [method, path] of [
      ["POST", "/api/metrics"],
      ["PUT", `/api/metrics/${own}`],
    ] as const) {
      const answer = await world.send(method, path, { as: world.north.member, json });
      assert.deepEqual([answer.status, codeOf(answer)], [404, "NOT_FOUND"]);
      assert.match(answer.text, new RegExp(`There is no model ${modelId} in this organization`));
    }
    const { errors } = await world.graphql(
      world.north.member,
      "mutation ($metric: MetricFields!) { createMetric(input: { metric: $metric }) { metric { id } } }",
      { metric: json },
    );
    assert.equal(errors[0]?.extensions?.code, "NOT_FOUND");
    const bySql = (kind: string, named: string) =>
      withTenant(world.db.pool("api"), world.north.member, (tx) =>
        tx.query("insert into evals.metrics (name, kind, model_id) values ('by SQL', $1, $2)", [kind, named]),
      ).catch((error: unknown) => sqlstateOf(error));
    assert.equal(await bySql("goal", modelId), "23503");
    assert.equal(await bySql("exact", modelId), "23514");
  }
  const json = { name: unique("metric"), kind: "numeric", parameters: { instructions: "?", threshold: 11 } };
  const unusable = await world.send("POST", "/api/metrics", { as: world.north.member, json });
  assert.deepEqual([unusable.status, codeOf(unusable)], [422, "INVALID_ARGUMENT"]);
  assert.match(unusable.text, /\/parameters\/threshold/);
});

test("a model by which a metric judges is not deleted; one that was the default is, and its runs say so", async () => {
  const modelId = await model();
  const name = unique("politeness");
  const metricId = await metric({ name, kind: "goal", parameters: { goal: "?", modelId } });
  const deletion = (id: string) =>
    world.graphql(
      world.north.member,
      "mutation ($id: UUID!) { deleteModel(input: { id: $id }) { clientMutationId } }",
      { id },
    );
  const refused = await deletion(modelId);
  assert.equal(refused.errors[0]?.extensions?.code, "CONFLICT");
  assert.match(
    refused.errors[0]?.message ?? "",
    new RegExp(`The model ".*" judges by the metric "${name}"\\. Have the`),
  );

  const byDefault = await model();
  await setDefault(byDefault);
  const json = { name, kind: "goal", parameters: { goal: "?" } };
  assert.equal(
    (await world.send("PUT", `/api/metrics/${metricId}`, { as: world.north.member, json })).status,
    200,
  );
  assert.deepEqual((await deletion(modelId)).errors, []);
  const run = await start([metricId]);
  assert.deepEqual((await deletion(byDefault)).errors, []);
  await runAll(world, run.id);
  const [state, code, message] = await endOf(run);
  assert.deepEqual([state, code, fake.log.length], ["errored", "EVALUATION_ERROR", 0]);
  assert.match(message ?? "", /was deleted or moved/);
});
