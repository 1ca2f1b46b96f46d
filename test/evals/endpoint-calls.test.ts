import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { after, before, test } from "node:test";
import { retryAfterOf } from "../../src/evals/call/retry-after.ts";
import { deliver, jobRow, redeliver } from "../helpers/jobs.ts";
import { listening } from "./listening.ts";
import { type EvalsWorld, execute, jobsOf, plan, runAll, startEvals } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

type Call = { headers: IncomingMessage["headers"]; body: unknown };

/** A product that keeps what it was sent, and answers as told; `times` counts its calls. */
async function serve(answer: (response: ServerResponse, times: number, call: Call) => void) {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const call = { headers: request.headers, body: text === "" ? null : (JSON.parse(text) as unknown) };
    calls.push(call);
    answer(response, calls.length, call);
  });
  return { calls, ...(await listening(server)) };
}

const json = (response: ServerResponse, body: unknown, status = 200, headers = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

async function launch(url: string, endpoint: Record<string, unknown> = {}, inputs = ["x"]) {
  const tests = inputs.map((input) => ({ input, expected: "x" }));
  const given = await plan(world, world.north.member, { url, tests, endpoint });
  return (await execute(world, world.north.member, given)).id;
}

type Row = {
  state: string;
  output: string | null;
  attempts: number;
  context: unknown;
  tool_calls: unknown;
  conversation_id: string | null;
  error_code: string | null;
  error_message: string | null;
};
async function resultOf(runId: string): Promise<Row> {
  const [row] = await world.asOwner<Row>("select * from evals.test_results where test_run_id = $1", [runId]);
  return row ?? assert.fail();
}

test("context, tool calls and the conversation's id are kept beside the output", async () => {
  await using bot = await serve((response) =>
    json(response, {
      text: "x",
      sources: [{ title: "a\u0000b" }, { title: "c" }],
      calls: [{ name: "search", arguments: { q: 1 } }],
      session: 17,
    }),
  );
  const responseMapping = { context: "sources.title", toolCalls: "calls", conversationId: "session" };
  const runId = await launch(bot.url, { responsePath: "text", responseMapping });
  await runAll(world, runId);
  const { state, output, context, tool_calls, conversation_id, attempts } = await resultOf(runId);
  assert.deepEqual(
    [state, output, context, tool_calls, conversation_id, attempts],
    ["passed", "x", ["a\ufffdb", "c"], [{ name: "search", arguments: { q: 1 } }], "17", 1],
  );
  const { body } = await world.send("GET", `/api/test-runs/${runId}/results`, { as: world.north.viewer });
  const [shown] = (body as { results: Record<string, unknown>[] }).results;
  assert.deepEqual([shown?.conversationId, shown?.attempts], ["17", 1]);
});

test("what a path beside the output's does not find is null; one that cannot be used is refused", async () => {
  await using bot = await serve((response) => json(response, { output: "x" }));
  const runId = await launch(bot.url, { responseMapping: { context: "nowhere", conversationId: "id" } });
  await runAll(world, runId);
  const { state, context, conversation_id } = await resultOf(runId);
  assert.deepEqual([state, context, conversation_id], ["passed", null, null]);

  const { status, body } = await world.send("POST", "/api/endpoints", {
    as: world.north.member,
    json: { name: "bad paths", url: bot.url, responseMapping: { context: "a[", toolCalls: "$eval(x)" } },
  });
  const { error } = body as { error: { issues: { path: string }[] } };
  assert.deepEqual(
    [status, error.issues.map(({ path }) => path)],
    [422, ["/responseMapping/context", "/responseMapping/toolCalls"]],
  );
});

test("a structured input keeps its types, and messages are a list", async () => {
  await using bot = await serve((response) => json(response, { output: "x" }));
  const requestTemplate = { messages: "{{ messages }}", raw: "{{ input }}", n: "{{ input | size }}" };
  const conversation = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Hello" },
    { role: "user", content: "Bye" },
  ];
  const inputs = ["plain", JSON.stringify(conversation)];
  await runAll(world, await launch(bot.url, { requestTemplate }, inputs));
  const sent = new Map(bot.calls.map(({ body }) => [(body as { raw: string }).raw, body]));
  const user = [{ role: "user", content: "plain" }];
  assert.deepEqual(sent.get("plain"), { messages: user, raw: "plain", n: 5 });
  const [, text = ""] = inputs;
  assert.deepEqual(sent.get(text), { messages: conversation, raw: text, n: text.length });

  bot.calls.length = 0;
  const typed = { order: "{{ input | parse_json }}" };
  await runAll(world, await launch(bot.url, { requestTemplate: typed }, ['{"n": 1.5, "of": ["a"]}', "42"]));
  const orders = bot.calls.map(({ body }) => (body as { order: unknown }).order);
  assert.deepEqual(
    new Set(orders.map((one) => JSON.stringify(one))),
    new Set(['{"n":1.5,"of":["a"]}', "42"]),
  );
});

test("Retry-After decides when the endpoint is called again, in seconds and as a date", async () => {
  const inAWhile = () => new Date(Date.now() + 90_000).toUTCString();
  const headers = [{ "retry-after": "37" }, { "retry-after": inAWhile() }];
  await using bot = await serve((response, times) =>
    times <= 2 ? json(response, {}, 429, headers[times - 1]) : json(response, { output: "x" }),
  );
  const runId = await launch(bot.url);
  const [{ id } = { id: "" }] = await jobsOf(world, runId);
  const waits: number[] = [];
  for (let n = 0; n < 2; n += 1) {
    await world.asOwner("update rowlock.live set state = 'waiting', run_at = now() where id = $1", [id]);
    assert.equal((await deliver(world.db, id, world.runTest)).kind, "snoozed");
    waits.push((await jobRow(world.db, id)).runAt.getTime() - Date.now());
  }
  const [first = 0, second = 0] = waits;
  assert(first > 35_000 && first <= 37_000, `${first}`);
  assert(second > 85_000 && second <= 90_000, `${second}`);
  await runAll(world, runId);
  const { state, attempts } = await resultOf(runId);
  assert.deepEqual([state, attempts, bot.calls.length], ["passed", 3, 3]);
});

test("an endpoint that asks to be left alone for long is not called again", async () => {
  await using bot = await serve((response) => json(response, {}, 503, { "retry-after": "86400" }));
  const runId = await launch(bot.url);
  await runAll(world, runId);
  const { state, error_message } = await resultOf(runId);
  assert.deepEqual([state, bot.calls.length], ["errored", 1]);
  assert.match(error_message ?? "", /status 503.*86400 s/);
});

test("Retry-After is read as RFC 9110 has it, and nothing else", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(retryAfterOf("120", now), 120_000);
  assert.equal(retryAfterOf("Thu, 01 Jan 2026 00:01:00 GMT", now), 60_000);
  assert.equal(retryAfterOf("Wed, 31 Dec 2025 00:00:00 GMT", now), 0);
  for (const text of [undefined, "", "soon", "-5", "1.5", "2026-01-01", "99999999999"]) {
    assert.equal(retryAfterOf(text, now), null, text);
  }
});

test("a test has no more calls than its endpoint allows, also when workers die in the middle of each", async () => {
  await using bot = await serve((response) => json(response, { output: "x" }));
  const runId = await launch(bot.url, { maxAttempts: 2 });
  const [{ id } = { id: "" }] = await jobsOf(world, runId);
  // Two workers counted their call and were never heard of again.
  await world.asOwner(
    "update evals.test_results set state = 'running', started_at = now(), attempts = 2 where test_run_id = $1",
    [runId],
  );
  await redeliver(world.db, id, "evals/run-test");
  await runAll(world, runId);
  const { state, error_code, error_message } = await resultOf(runId);
  assert.deepEqual([state, error_code, bot.calls.length], ["errored", "FETCH_FAILED", 0]);
  assert.match(error_message ?? "", /called 2 times, as often as it may be/);

  // Whoever retries it by hand wants it called again.
  const retried = await world.graphql(
    world.north.member,
    "mutation ($id: UUID!) { retryTestRun(input: { id: $id }) { testRun { id } } }",
    { id: runId },
  );
  assert.deepEqual(retried.errors, []);
  await runAll(world, runId);
  const again = await resultOf(runId);
  assert.deepEqual([again.state, again.attempts], ["passed", 1]);
});

test("under a rate each test takes a moment of its own, once", async () => {
  await using bot = await serve((response) => json(response, { output: "x" }));
  const runId = await launch(bot.url, { ratePerMinute: 60 }, ["a", "b", "c"]);
  const jobs = await jobsOf(world, runId);
  const outcomes: string[] = [];
  for (const { id } of jobs) outcomes.push((await deliver(world.db, id, world.runTest)).kind);
  assert.deepEqual(outcomes, ["succeeded", "snoozed", "snoozed"]);
  const due = await Promise.all(jobs.slice(1).map(async ({ id }) => (await jobRow(world.db, id)).runAt));
  const apart = (due[1]?.getTime() ?? 0) - (due[0]?.getTime() ?? 0);
  assert(apart > 500 && apart < 1_500, `${apart} ms`);
  assert.equal(bot.calls.length, 1);
  // Woken before its moment, it waits for the same one.
  const moments = () =>
    world.asOwner("select call_at from evals.test_results where test_run_id = $1 order by position", [runId]);
  const before = await moments();
  const [, second] = jobs;
  await world.asOwner("update rowlock.live set state = 'waiting', run_at = now() where id = $1", [
    second?.id,
  ]);
  const early = await deliver(world.db, second?.id ?? "", world.runTest);
  if (early.kind === "snoozed") assert.deepEqual(await moments(), before);
});

test("an endpoint of so many calls at once gives its jobs as many lanes, whichever run they are of", async () => {
  await using bot = await serve((response) => json(response, { output: "x" }));
  const tests = Array.from({ length: 7 }, (_, n) => ({ input: `q${n}`, expected: "x" }));
  const given = await plan(world, world.north.member, { url: bot.url, tests, endpoint: { concurrency: 3 } });
  const runs = [
    await execute(world, world.north.member, given),
    await execute(world, world.north.member, given),
  ];
  const lanes = await world.asOwner<{ task: string; lane: string; n: number }>(
    `select j.task, j.payload ->> 'lane' as lane, count(*)::int as n from evals.test_results r
     join rowlock.job j on j.id = r.job_id where r.test_run_id = any($1) group by 1, 2`,
    [runs.map(({ id }) => id)],
  );
  assert.deepEqual(
    lanes.map(({ task, lane }) => `${task} ${lane}`).sort(),
    [0, 1, 2].map((n) => `evals/run-test-in-turn ${given.endpointId}/${n}`),
  );
  for (const { id } of runs) await runAll(world, id);
  assert.equal(bot.calls.length, 14);
});
