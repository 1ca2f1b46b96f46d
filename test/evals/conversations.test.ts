import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  booking,
  createConversations,
  details,
  type GivenConversations,
  launchConversations,
  serveTalker,
  setDefaults,
  toJudge,
  toUser,
} from "./conversation-support.ts";
import { type FakeModels, serveModels } from "./fake-models/index.ts";
import { ledger } from "./model-support.ts";
import { create, type EvalsWorld, execute, runAll, startEvals, unique } from "./support.ts";

let world: EvalsWorld;
let fake: FakeModels;
before(async () => {
  world = await startEvals();
  fake = await serveModels();
  await setDefaults(world, world.north.member, fake);
});
after(async () => {
  await world.stop();
  await fake.close();
});

const launch = (url: string, given: GivenConversations = {}) => launchConversations(world, url, given);

test("a conversation goes on until the user is done, and is judged on the test's own goal", async () => {
  fake.answer = booking;
  fake.log.length = 0;
  const end = (word: string) => (count: number) => ({ output: count >= 5 ? word : "How many are you?" });
  for (const [word, state] of [
    ["booked", "passed"],
    ["never", "failed"],
  ] as const) {
    await using bot = await serveTalker(({ messages }) => end(word)(messages.length));
    const runId = await launch(bot.url, {
      tests: [{ goal: "A table is booked.", restrictions: "No prices are named." }],
    });
    await runAll(world, runId);
    const [result] = await details(world, world.north.viewer, runId);
    assert(result?.transcript);
    assert.deepEqual(
      [result.kind, result.state, result.output, result.turns, result.attempts, result.conversationEnd?.by],
      ["multi_turn", state, word, 3, 3, "user"],
    );
    assert.equal(result.input, "A table is booked.");
    assert.deepEqual(
      result.transcript.map(({ turn, role, content }) => [turn, role, content]),
      [
        [1, "user", "A table, please (1)"],
        [1, "assistant", "How many are you?"],
        [2, "user", "A table, please (2)"],
        [2, "assistant", "How many are you?"],
        [3, "user", "A table, please (3)"],
        [3, "assistant", word],
      ],
    );
    assert.equal(
      result.durationMs,
      Math.max(...result.transcript.map(({ durationMs }) => durationMs ?? 0)),
      "the slowest answer",
    );
    assert.deepEqual(result.evaluations, [
      {
        ...{ metric: "goal", passed: state === "passed", score: state === "passed" ? 1 : 0 },
        ...{ category: null, reason: "6 messages" },
      },
    ]);
    // All that was said, and from the second message on the bot's own name of the conversation.
    assert.deepEqual(
      bot.heard.map(({ input, messages, id }) => [input, messages.length, messages.at(-1)?.content, id]),
      [1, 2, 3].map((n) => {
        const text = `A table, please (${n})`;
        return [text, 2 * n - 1, text, n === 1 ? null : "talk 1"];
      }),
    );
    const entries = await ledger(world, runId);
    assert.deepEqual(
      entries.map(({ purpose, cost }) => [purpose, cost]),
      [...Array(4).fill(["simulated_user", "0.0045"]), ["judge", "0.0045"]],
    );
  }
  const [user, judge] = [fake.log.find(toUser), fake.log.find(toJudge)];
  for (const part of ["You are in a hurry.", "A table is booked.", "No prices are named."]) {
    assert.ok(user?.system?.includes(part), part);
  }
  assert.match(
    judge?.system ?? "",
    /A table is booked\.\n\nIt counts as not reached .*\nNo prices are named\./,
  );
});

test("a conversation has so many turns at most, and the run's metrics judge its last message beside the goal", async () => {
  fake.answer = booking;
  await using bot = await serveTalker(() => ({ output: "How many are you?" }));
  const { member } = world.north;
  const metricIds = [
    await create(world, member, "metrics", { name: "goal", kind: "contains", parameters: { text: "many" } }),
    await create(world, member, "metrics", { kind: "latency", parameters: { maxMs: 60_000 } }),
  ];
  const runId = await launch(bot.url, { tests: [{ goal: "A table is booked.", maxTurns: 2 }], metricIds });
  await runAll(world, runId);
  const [result] = await details(world, member, runId);
  assert.deepEqual([result?.state, result?.turns, result?.conversationEnd?.by], ["failed", 2, "max_turns"]);
  assert.deepEqual(
    result?.evaluations.map(({ metric, passed }) => [metric.split(" ", 1)[0], passed]),
    [
      ["goal", true],
      ["goal", false],
      ["metrics", true],
    ],
  );
  assert.equal(result?.evaluations[1]?.metric, "goal of the test");
  await world.asOwner("delete from evals.metrics where id = any($1)", [metricIds]);
});

test("a model as the endpoint is told its system prompt and all that was said", async () => {
  const { member } = world.north;
  await using product = await serveModels(({ turns }) => (turns.length >= 3 ? "booked" : "How many?"));
  fake.answer = booking;
  const post = async (path: string, json: Record<string, unknown>) =>
    ((await world.send("POST", `/api/${path}`, { as: member, json })).body as { id: string }).id;
  const modelId = await post("models", {
    ...{ name: unique("model"), provider: "openai-compatible", model: "llama" },
    ...{ baseUrl: `${product.url}/local`, inputPrice: "2.50", outputPrice: "10" },
  });
  const endpointId = await post("model-endpoints", {
    ...{ name: unique("endpoint"), modelId },
    requestTemplate: { system: "You are a waiter.", prompt: "Guest: {{ input }}" },
  });
  const testSetId = await createConversations(world, member, [{ goal: "A table is booked." }]);
  const { id: runId } = await execute(world, member, { endpointId, testSetId, metricIds: [] });
  await runAll(world, runId);
  const [result] = await details(world, member, runId);
  assert.deepEqual([result?.state, result?.turns], ["passed", 2]);
  assert.deepEqual(
    product.log.map(({ system, turns }) => [system, turns]),
    [
      ["You are a waiter.", ["Guest: A table, please (1)"]],
      ["You are a waiter.", ["Guest: A table, please (1)", "How many?", "Guest: A table, please (2)"]],
    ],
  );
  const [row] = await world.asOwner<{ tokens: number; cost: string }>(
    "select input_tokens as tokens, trim_scale(cost)::text as cost from evals.test_results where test_run_id = $1",
    [runId],
  );
  assert.deepEqual(row, { tokens: 2_000, cost: "0.009" });
  const keys = (await ledger(world, runId)).map(({ key }) => key.slice(36));
  assert.deepEqual(keys.slice(0, -1), ["/user/0", "/endpoint/1", "/user/2", "/endpoint/3", "/user/4"]);
  assert.match(keys.at(-1) ?? "", /^\/judge\/[0-9a-f]{16}\/0$/);
});

test("a rescore judges the whole conversation again and asks neither user nor endpoint", async () => {
  fake.answer = booking;
  await using bot = await serveTalker(() => ({ output: "booked" }));
  const runId = await launch(bot.url);
  await runAll(world, runId);
  fake.log.length = 0;
  const { body, status, text } = await world.send("POST", `/api/test-runs/${runId}/rescore`, {
    as: world.north.member,
    json: { metricIds: [] },
  });
  assert.equal(status, 201, text);
  const { id } = body as { id: string };
  await runAll(world, id);
  const [first] = await details(world, world.north.member, runId);
  const [second] = await details(world, world.north.member, id);
  assert.deepEqual([second?.state, second?.transcript], ["passed", first?.transcript]);
  assert.deepEqual([fake.log.map((asked) => toJudge(asked)?.transcript.length), bot.heard.length], [[2], 1]);
});

test("the transcript is read through GraphQL in its order, and by nobody of another organization", async () => {
  fake.answer = booking;
  await using bot = await serveTalker(({ messages }) => ({ output: messages.length > 2 ? "booked" : "?" }));
  const runId = await launch(bot.url);
  await runAll(world, runId);
  const query = `query ($run: UUID!) { testRun(id: $run) { testResults { nodes {
    id kind conversationEnd turns { nodes { position role content attempts } } } } } }`;
  const { data, errors } = await world.graphql(world.north.viewer, query, { run: runId });
  assert.deepEqual(errors, []);
  const { nodes } = (data as { testRun: { testResults: { nodes: Record<string, unknown>[] } } }).testRun
    .testResults;
  assert.deepEqual(nodes[0]?.turns, {
    nodes: [
      { position: 0, role: "user", content: "A table, please (1)", attempts: null },
      { position: 1, role: "assistant", content: "?", attempts: 1 },
      { position: 2, role: "user", content: "A table, please (2)", attempts: null },
      { position: 3, role: "assistant", content: "booked", attempts: 1 },
    ],
  });
  const path = `/api/test-results/${String(nodes[0]?.id)}`;
  assert.equal((await world.send("GET", path, { as: world.south.owner })).status, 404);
});
