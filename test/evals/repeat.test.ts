import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../api/support.ts";
import { deliver } from "../helpers/jobs.ts";
import { reply, serveBot } from "./bot.ts";
import {
  create,
  type EvalsWorld,
  execute,
  getRun,
  jobsOf,
  plan,
  results,
  runAll,
  startEvals,
} from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

type Tally = { input: string; times: number; passed: number; failed: number; flaky: boolean };
const tallies = async (id: string, query = "") => {
  const { status, body, text } = await world.send("GET", `/api/test-runs/${id}/tests${query}`, {
    as: world.north.viewer,
  });
  assert.equal(status, 200, text);
  return body as { tests: Tally[]; next: number | null };
};

test("each test is executed so often; a flaky one shows in how many it passed", async () => {
  await using bot = await serveBot((input, response, times) =>
    reply(response, { output: input === "flaky" && times % 3 === 0 ? "?" : input }),
  );
  const tests = ["steady", "flaky", "wrong"].map((input) => ({
    input,
    expected: input === "wrong" ? "x" : input,
  }));
  const given = await plan(world, world.north.member, { url: bot.url, tests });
  const run = await execute(world, world.north.member, { ...given, repeat: 6 });
  assert.equal(run.total, 18);
  await runAll(world, run.id);
  assert.equal(bot.asked.length, 18);
  const { passed, failed, flaky, passRate } = await getRun(world, world.north.member, run.id);
  assert.deepEqual([passed, failed, flaky], [10, 8, 1]);
  assert(Math.abs((passRate ?? 0) - 10 / 18) < 1e-6);

  const { tests: all, next } = await tallies(run.id);
  assert.deepEqual(
    all.map(({ input, times, passed: yes, failed: no, flaky: is }) => [input, times, yes, no, is]),
    [
      ["steady", 6, 6, 0, false],
      ["flaky", 6, 4, 2, true],
      ["wrong", 6, 0, 6, false],
    ],
  );
  assert.equal(next, null);
  const page = await tallies(run.id, "?first=2");
  assert.deepEqual((await tallies(run.id, `?first=2&after=${page.next}`)).tests, all.slice(2));

  const { data, errors } = await world.graphql(
    world.north.viewer,
    "query ($id: UUID!) { testRun(id: $id) { repeat summary { flaky } byTest { nodes { input passed times flaky } } } }",
    { id: run.id },
  );
  assert.deepEqual(errors, []);
  const { testRun } = data as { testRun: { byTest: { nodes: { passed: number }[] } } };
  assert.deepEqual(
    testRun.byTest.nodes.map(({ passed: yes }) => yes),
    [6, 4, 0],
  );
});

test("latencies are percentiles of what was measured; tokens and cost are unknown until an answer tells them", async () => {
  await using bot = await serveBot();
  const given = await plan(world, world.north.member, {
    url: bot.url,
    tests: [{ input: "x", expected: "x" }],
  });
  const run = await execute(world, world.north.member, { ...given, repeat: 20 });
  assert.equal(run.p50Ms, null);
  await runAll(world, run.id);
  await world.asOwner(
    "update evals.test_results set duration_ms = 10 * (position + 1) where test_run_id = $1",
    [run.id],
  );
  const { p50Ms, p95Ms, p99Ms, inputTokens, cost } = await getRun(world, world.north.member, run.id);
  assert.deepEqual([p50Ms, p95Ms, p99Ms, inputTokens, cost], [100, 190, 200, null, null]);
  await world.asOwner(
    "update evals.test_results set input_tokens = 7, cost = 0.0005 where test_run_id = $1 and position < 3",
    [run.id],
  );
  const known = await getRun(world, world.north.member, run.id);
  assert.deepEqual([known.inputTokens, known.cost], [21, 0.0015]);
});

/** Delivers whatever may run, all at once, until nothing is left. */
async function runTogether(runId: string): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    const open = (await jobsOf(world, runId)).filter(({ state }) => state !== null);
    if (open.length === 0) return;
    const free = open.filter(({ state }) => state !== "blocked");
    assert.notEqual(free.length, 0, "all are blocked");
    await Promise.all(free.map(({ id }) => deliver(world.db, id, world.runTest)));
  }
  throw new Error("The run does not end.");
}

for (const concurrency of [1, 3]) {
  test(`at most ${concurrency} at once, in the order of the tests, past failures and errors`, async () => {
    let [now, most] = [0, 0];
    await using bot = await serveBot(async (input, response) => {
      most = Math.max(most, ++now);
      await sleep(20);
      now -= 1;
      reply(response, { output: input }, input === "2" ? 404 : 200);
    });
    const tests = Array.from({ length: 7 }, (_, n) => ({
      input: String(n),
      expected: n === 4 ? "?" : String(n),
    }));
    const given = await plan(world, world.north.member, { url: bot.url, tests });
    const run = await execute(world, world.north.member, { ...given, concurrency });
    await runTogether(run.id);
    assert.equal(most, concurrency);
    if (concurrency === 1)
      assert.deepEqual(
        bot.asked,
        tests.map(({ input }) => input),
      );
    const states = (await results(world, run.id)).map(({ state }) => state);
    assert.deepEqual(states, ["passed", "passed", "errored", "passed", "failed", "passed", "passed"]);
  });
}

test("a run in order is cancelled as one, and retried in order", async () => {
  await using bot = await serveBot();
  const tests = ["a", "b", "c", "d"].map((input) => ({ input, expected: input }));
  const given = await plan(world, world.north.member, { url: bot.url, tests });
  const run = await execute(world, world.north.member, { ...given, concurrency: 1 });
  const [first] = await jobsOf(world, run.id);
  await deliver(world.db, first?.id ?? "", world.runTest);
  const cancelled = await world.send("POST", `/api/test-runs/${run.id}/cancel`, {
    as: world.north.member,
    json: {},
  });
  assert.equal(cancelled.status, 200, cancelled.text);
  assert.deepEqual(
    (await results(world, run.id)).map(({ state }) => state),
    ["passed", "cancelled", "cancelled", "cancelled"],
  );
  await world.send("POST", `/api/test-runs/${run.id}/retry`, { as: world.north.member });
  assert.deepEqual(
    (await jobsOf(world, run.id)).map(({ state }) => state),
    [null, "queued", "blocked", "blocked"],
  );
  await runTogether(run.id);
  assert.deepEqual(bot.asked, ["a", "b", "c", "d"]);
});

test("a long chain is launched in one go", async () => {
  await using bot = await serveBot();
  const tests = Array.from({ length: 1_319 }, (_, n) => ({ input: `${n}`, expected: `${n}` }));
  const given = await plan(world, world.north.member, { url: bot.url, tests });
  const began = performance.now();
  const run = await execute(world, world.north.member, { ...given, concurrency: 1 });
  const ms = performance.now() - began;
  const states = (await jobsOf(world, run.id)).map(({ state }) => state);
  assert.deepEqual([states[0], new Set(states.slice(1))], ["queued", new Set(["blocked"])]);
  assert(ms < 30_000, `${ms} ms`);
});

test("what is out of bounds is refused with its place", async () => {
  await using bot = await serveBot();
  const { testSetId, ...given } = await plan(world, world.north.member, {
    url: bot.url,
    tests: [{ input: "x" }],
  });
  for (const [field, value] of [
    ["repeat", 0],
    ["repeat", 21],
    ["concurrency", 0],
    ["concurrency", 1_001],
  ] as const) {
    const json = { ...given, [field]: value };
    const rest = await world.send("POST", `/api/test-sets/${testSetId}/execute`, {
      as: world.north.member,
      json,
    });
    assert.equal(codeOf(rest), "INVALID_ARGUMENT");
    const { errors } = await world.graphql(
      world.north.member,
      "mutation ($input: ExecuteTestSetInput!) { executeTestSet(input: $input) { clientMutationId } }",
      { input: { testSetId, ...json } },
    );
    assert.match(errors[0]?.message ?? "", new RegExp(`${field} is ${value}; it must be between 1 and`));
  }
  const nothing = await create(world, world.south.owner, "test-sets", {});
  assert.equal(
    codeOf(await world.send("GET", `/api/test-runs/${nothing}/tests`, { as: world.south.owner })),
    "NOT_FOUND",
  );
});
