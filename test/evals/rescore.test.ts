import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeOf, type Person } from "../api/support.ts";
import { type Answering, reply, serveBot } from "./bot.ts";
import {
  create,
  type EvalsWorld,
  execute,
  getBatch,
  getRun,
  plan,
  type Run,
  results,
  runAll,
  startEvals,
} from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

const rescore = (who: Person, id: string, json?: object) =>
  world.send("POST", `/api/test-runs/${id}/rescore`, { as: who, ...(json && { json }) });
const contains = (text: string) =>
  create(world, world.north.member, "metrics", { kind: "contains", parameters: { text } });
const states = async (id: string) => (await results(world, id)).map(({ state }) => state);

const tests = [
  { input: "red apple", expected: "red apple" },
  { input: "green apple", expected: "no" },
  { input: "broken", expected: "broken" },
];
const breaks: Answering = (input, response) =>
  reply(response, { output: input }, input === "broken" ? 404 : 200);

test("a rescore is a run of its own over the stored outputs; the endpoint is not asked and the first run stays", async () => {
  await using bot = await serveBot(breaks);
  const run = await execute(
    world,
    world.north.member,
    await plan(world, world.north.member, { url: bot.url, tests }),
  );
  await runAll(world, run.id);
  const first = await results(world, run.id);
  assert.deepEqual(
    first.map(({ state }) => state),
    ["passed", "failed", "errored"],
  );
  const asked = [...bot.asked];

  const { status, body, text } = await rescore(world.north.member, run.id, {
    metricIds: [await contains("apple")],
  });
  assert.equal(status, 201, text);
  const made = body as Run;
  assert.deepEqual([made.sourceRunId, made.total, made.queued], [run.id, 3, 3]);
  assert.match((await getBatch(world, world.north.member, made.batchId)).name, /^Test run, rescored: /);
  await runAll(world, made.id);
  const second = await results(world, made.id);
  assert.deepEqual(
    second.map(({ state, input, output }) => [state, input, output]),
    [
      ["passed", "red apple", "red apple"],
      ["passed", "green apple", "green apple"],
      ["errored", "broken", null],
    ],
  );
  assert.deepEqual([second[2]?.code, second[2]?.verdicts], ["EVALUATION_ERROR", []]);
  assert.match(second[2]?.message ?? "", /has no output of this test\. Execute the test set again/);
  assert.deepEqual(await results(world, run.id), first);
  assert.deepEqual(bot.asked, asked);

  // Not by a retry either, nor by a rescore of the rescore, nor when the endpoint has come back.
  assert.equal(
    (await world.send("POST", `/api/test-runs/${made.id}/retry`, { as: world.north.member })).status,
    200,
  );
  await runAll(world, made.id);
  const again = (await rescore(world.north.member, made.id)).body as Run;
  await runAll(world, again.id);
  assert.deepEqual(await states(made.id), ["passed", "passed", "errored"]);
  assert.deepEqual([again.sourceRunId, (await states(again.id))[2]], [made.id, "errored"]);
  assert.deepEqual(bot.asked, asked);
});

test("how long the endpoint took goes along, so that a latency can be judged afterwards", async () => {
  await using bot = await serveBot();
  const run = await execute(
    world,
    world.north.member,
    await plan(world, world.north.member, { url: bot.url, tests }),
  );
  await runAll(world, run.id);
  await world.asOwner(
    "update evals.test_results set duration_ms = 70 * (position + 1) where test_run_id = $1",
    [run.id],
  );
  const metric = await create(world, world.north.member, "metrics", {
    kind: "latency",
    parameters: { maxMs: 140 },
  });
  const made = (await rescore(world.north.member, run.id, { metricIds: [metric] })).body as Run;
  await runAll(world, made.id);
  assert.deepEqual(await states(made.id), ["passed", "passed", "failed"]);
  const cost = await create(world, world.north.member, "metrics", {
    kind: "cost",
    parameters: { max: 1 },
  });
  const unknown = (await rescore(world.north.member, run.id, { metricIds: [cost] })).body as Run;
  await runAll(world, unknown.id);
  assert.deepEqual(await states(unknown.id), ["errored", "errored", "errored"]);
  assert.match((await results(world, unknown.id))[0]?.message ?? "", /not known what the answer cost/);
});

test("by GraphQL; the runs lead to each other", async () => {
  await using bot = await serveBot();
  const run = await execute(
    world,
    world.north.member,
    await plan(world, world.north.member, { url: bot.url, tests }),
  );
  await runAll(world, run.id);
  const { data, errors } = await world.graphql(
    world.north.member,
    `mutation ($id: UUID!, $metrics: [UUID!]) { rescoreTestRun(input: { id: $id, metricIds: $metrics }) {
       testRun { total sourceRun { id rescores { totalCount } } summary { state } } } }`,
    { id: run.id, metrics: [await contains("apple")] },
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(data?.rescoreTestRun, {
    testRun: {
      total: 3,
      sourceRun: { id: run.id, rescores: { totalCount: 1 } },
      summary: { state: "queued" },
    },
  });
});

test("a run under way, another's, another's metric and viewers are refused", async () => {
  await using bot = await serveBot();
  const mine = await plan(world, world.north.member, { url: bot.url, tests });
  const [open, over] = [
    await execute(world, world.north.member, mine),
    await execute(world, world.north.member, mine),
  ];
  await runAll(world, over.id);
  const theirs = await create(world, world.south.owner, "metrics", { kind: "exact" });
  const cases: [Person, string, object | undefined, number, string][] = [
    [world.north.member, open.id, undefined, 409, "CONFLICT"],
    [world.south.owner, over.id, undefined, 404, "NOT_FOUND"],
    [world.north.member, over.id, { metricIds: [theirs] }, 404, "NOT_FOUND"],
    [world.north.viewer, over.id, undefined, 403, "NOT_ALLOWED"],
    [world.north.member, over.id, { metricIds: [] }, 422, "INVALID_ARGUMENT"],
  ];
  for (const [who, id, json, status, code] of cases) {
    const answer = await rescore(who, id, json);
    assert.deepEqual([answer.status, codeOf(answer)], [status, code], answer.text);
  }
  const runs = await world.asOwner("select from evals.test_runs where source_run_id = any($1)", [
    [open.id, over.id],
  ]);
  assert.equal(runs.length, 0);
  assert.equal((await getRun(world, world.north.member, over.id)).sourceRunId, null);
});
