import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeOf, type Person } from "../api/support.ts";
import { type Bot, serveBot } from "./bot.ts";
import { create, createSet, type EvalsWorld, execute, getRun, runAll, startEvals } from "./support.ts";

let world: EvalsWorld;
let bot: Bot;
let endpointId: string;
const metrics: Record<string, string> = {};
before(async () => {
  bot = await serveBot();
  world = await startEvals();
  endpointId = await create(world, world.north.member, "endpoints", { url: bot.url });
  for (const name of ["one", "two", "three"]) {
    metrics[name] = await create(world, world.north.member, "metrics", { name, kind: "exact" });
  }
});
after(async () => {
  await world.stop();
  await bot.close();
});

const idsOf = (...names: string[]) => names.map((name) => metrics[name] ?? assert.fail(name));
const newSet = () => createSet(world, world.north.member, [{ input: "x", expected: "x" }]);
const choose = (who: Person, testSetId: string, metricIds: unknown) =>
  world.send("PUT", `/api/test-sets/${testSetId}/metrics`, { as: who, json: { metricIds } });
const judges = async (testSetId: string, ...chosen: string[]) => {
  const metricIds = chosen.length === 0 ? {} : { metricIds: idsOf(...chosen) };
  return (await execute(world, world.north.member, { testSetId, endpointId, ...metricIds })).metrics;
};

test("metrics chosen at the execution go before those of the test set, and those before all of the organization", async () => {
  const testSetId = await newSet();
  assert.deepEqual(await judges(testSetId), ["one", "three", "two"]);

  const set = await choose(world.north.member, testSetId, idsOf("two", "one", "two"));
  assert.deepEqual([set.status, set.body], [200, { id: testSetId }]);
  assert.deepEqual(await judges(testSetId), ["one", "two"]);
  assert.deepEqual(await judges(testSetId, "three"), ["three"]);
  assert.deepEqual(await judges(await newSet()), ["one", "three", "two"], "another set has none of its own");

  assert.equal((await choose(world.north.member, testSetId, [])).status, 200);
  assert.deepEqual(await judges(testSetId), ["one", "three", "two"]);
});

test("a rescore chooses in the same order", async () => {
  const testSetId = await newSet();
  await choose(world.north.member, testSetId, idsOf("two"));
  const run = await execute(world, world.north.member, { testSetId, endpointId, metricIds: idsOf("one") });
  await runAll(world, run.id);
  const rescored = async (json: object) => {
    const { body } = await world.send("POST", `/api/test-runs/${run.id}/rescore`, {
      as: world.north.member,
      json,
    });
    return (await getRun(world, world.north.viewer, (body as { id: string }).id)).metrics;
  };
  assert.deepEqual(await rescored({ metricIds: idsOf("three") }), ["three"]);
  assert.deepEqual(await rescored({}), ["two"]);
  await choose(world.north.member, testSetId, []);
  assert.deepEqual(await rescored({}), ["one", "three", "two"]);
});

test("by GraphQL they are set and read; a deleted metric is the set's no more", async () => {
  const testSetId = await newSet();
  const extra = await create(world, world.north.member, "metrics", { name: "extra", kind: "exact" });
  const set = await world.graphql(
    world.north.member,
    `mutation ($set: UUID!, $metrics: [UUID!]!) { setTestSetMetrics(input: { testSetId: $set, metricIds: $metrics }) {
       testSet { testSetMetrics { nodes { metric { name } } } } } }`,
    { set: testSetId, metrics: [...idsOf("one"), extra] },
  );
  assert.deepEqual(set.errors, []);
  const { setTestSetMetrics } = set.data as {
    setTestSetMetrics: { testSet: { testSetMetrics: { nodes: { metric: { name: string } }[] } } };
  };
  assert.deepEqual(setTestSetMetrics.testSet.testSetMetrics.nodes.map(({ metric }) => metric.name).sort(), [
    "extra",
    "one",
  ]);
  const { errors } = await world.graphql(
    world.north.member,
    "mutation ($id: UUID!) { deleteMetric(input: { id: $id }) { clientMutationId } }",
    { id: extra },
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(await judges(testSetId), ["one"]);
});

test("viewers, strangers, strangers' metrics and no uuids are refused, and nothing changes", async () => {
  const testSetId = await newSet();
  await choose(world.north.member, testSetId, idsOf("one"));
  const theirs = await create(world, world.south.owner, "metrics", { kind: "exact" });
  const cases: [Person, string, unknown, number, string][] = [
    [world.north.viewer, testSetId, [], 403, "NOT_ALLOWED"],
    [world.south.owner, testSetId, [theirs], 404, "NOT_FOUND"],
    [world.north.member, testSetId, [theirs], 404, "NOT_FOUND"],
    [world.north.member, testSetId, ["x"], 422, "INVALID_ARGUMENT"],
    [world.north.member, testSetId, undefined, 422, "INVALID_ARGUMENT"],
  ];
  for (const [who, set, given, status, code] of cases) {
    const answer = await choose(who, set, given);
    assert.deepEqual([answer.status, codeOf(answer)], [status, code], answer.text);
  }
  assert.deepEqual(await judges(testSetId), ["one"]);
});
