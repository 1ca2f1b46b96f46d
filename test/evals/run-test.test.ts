import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deliver, jobRow, redeliver } from "../helpers/jobs.ts";
import { type Answering, type Bot, reply, serveBot } from "./bot.ts";
import {
  type EvalsWorld,
  execute,
  getRun,
  jobsOf,
  plan,
  type Result,
  results,
  runAll,
  startEvals,
} from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

type Given = Parameters<typeof plan>[2];

async function launch(bot: Bot, given: Partial<Given> = {}): Promise<string> {
  const tests = [{ input: "right", expected: "right" }];
  const made = await plan(world, world.north.member, { url: bot.url, tests, ...given });
  return (await execute(world, world.north.member, made)).id;
}

/** One test against such an endpoint, to its end. */
async function one(answer: Answering, given: Partial<Given> = {}): Promise<Result & { asked: number }> {
  await using bot = await serveBot(answer);
  const runId = await launch(bot, given);
  await runAll(world, runId);
  const [result] = await results(world, runId);
  assert(result !== undefined);
  return { ...result, asked: bot.asked.length };
}

test("an answer is stored and judged", async () => {
  const right = await one((_input, response) => reply(response, { output: "right" }));
  assert.deepEqual([right.state, right.output, right.asked], ["passed", "right", 1]);
  assert.deepEqual(right.verdicts, [
    { metric: right.verdicts[0]?.metric, passed: true, reason: "The output is the expected text." },
  ]);
  const wrong = await one((_input, response) => reply(response, { output: "wrong" }));
  assert.deepEqual([wrong.state, wrong.output, wrong.code], ["failed", "wrong", null]);
  assert.match(wrong.verdicts[0]?.reason ?? "", /"wrong", expected was "right"/);
});

test("the endpoint gets the template filled in and never sees what is expected", async () => {
  const seen: string[] = [];
  const result = await one(
    (input, response) => {
      seen.push(input);
      reply(response, { choices: [{ message: { content: { n: 1 } } }] });
    },
    {
      endpoint: {
        requestTemplate: { input: "Q: {{ input | upcase }}" },
        responsePath: "choices[0].message.content",
      },
    },
  );
  assert.deepEqual(seen, ["Q: RIGHT"]);
  assert.equal(result.output, '{"n":1}');
});

test("what asking again would not mend is an error at once", async () => {
  const cases: [string, Answering, RegExp, string?][] = [
    ["404", (_input, response) => reply(response, {}, 404), /status 404/],
    ["401", (_input, response) => reply(response, {}, 401), /status 401/],
    ["500", (_input, response) => reply(response, {}, 500), /status 500/],
    ["425", (_input, response) => reply(response, {}, 425), /status 425/],
    ["no JSON", (_input, response) => reply(response, "<html>"), /not JSON/],
    [
      "nothing at the path",
      (_input, response) => reply(response, { answer: "right" }),
      /output found nothing/,
    ],
    [
      "a redirect to an internal address",
      (_input, response) => void response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
      /169\.254\.169\.254/,
      "INTERNAL_ADDRESS",
    ],
  ];
  for (const [what, answer, message, code = "FETCH_FAILED"] of cases) {
    const result = await one(answer);
    assert.deepEqual(
      [result.state, result.code, result.asked, result.output],
      ["errored", code, 1, null],
      what,
    );
    assert.match(result.message ?? "", message, what);
    assert.deepEqual(result.verdicts, [], what);
  }
});

test("what may pass is asked again up to four times and is an error then", async () => {
  const cases: [string, Answering, RegExp, number?][] = [
    ["503", (_input, response) => reply(response, {}, 503), /status 503\. It was called 4 times/],
    ["429", (_input, response) => reply(response, {}, 429), /status 429/],
    ["a connection that breaks off", (_input, response) => void response.destroy(), /broke off/],
    ["silence", async () => await sleep(1_000), /within 100 ms/, 100],
  ];
  for (const [what, answer, message, timeoutMs = 30_000] of cases) {
    const result = await one(answer, { endpoint: { timeoutMs } });
    assert.deepEqual([result.state, result.code, result.asked], ["errored", "FETCH_FAILED", 4], what);
    assert.match(result.message ?? "", message, what);
  }
});

test("an endpoint that recovers is judged; the waits between grow", async () => {
  await using bot = await serveBot((input, response, times) =>
    times < 3 ? reply(response, {}, 503) : reply(response, { output: input }),
  );
  const runId = await launch(bot);
  const [{ id } = { id: "" }] = await jobsOf(world, runId);
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await world.asOwner("update rowlock.live set state = 'waiting', run_at = now() where id = $1", [id]);
    assert.equal((await deliver(world.db, id, world.runTest)).kind, "snoozed");
    const { state, runAt } = await jobRow(world.db, id);
    assert.equal(state, "scheduled");
    waits.push(runAt.getTime() - Date.now());
    // Between attempts the test is still under way: nobody said anything of it yet.
    assert.equal((await getRun(world, world.north.member, runId)).running, 1);
  }
  const [first = 0, second = 0] = waits;
  assert(first > 700 && first <= 2_000, `${first} ms`);
  assert(second > 1_700 && second <= 4_000, `${second} ms`);
  await runAll(world, runId);
  assert.deepEqual([(await results(world, runId))[0]?.state, bot.asked.length], ["passed", 3]);
  // Calls are counted with the result. The job's attempts are left for what goes wrong with workers.
  assert.equal((await jobRow(world.db, id)).attempt, 1);
});

test("a metric that cannot judge is an error of the evaluation, not a failed test, and costs no second call", async () => {
  const tests = [{ input: "right", expected: null }];
  const missing = await one((input, response) => reply(response, { output: input }), { tests });
  assert.deepEqual([missing.state, missing.code, missing.asked], ["errored", "EVALUATION_ERROR", 1]);
  assert.match(missing.message ?? "", /no expected output/);
  assert.equal(missing.output, "right");
  assert.deepEqual(missing.verdicts, []);

  const noNumber = await one((_input, response) => reply(response, { output: "7" }), {
    tests: [{ input: "right", expected: "seven" }],
    metric: { kind: "number" },
  });
  assert.deepEqual([noNumber.state, noNumber.code], ["errored", "EVALUATION_ERROR"]);
});

test("an output with characters that Postgres cannot store is judged all the same", async () => {
  const result = await one((_input, response) => reply(response, '{"output":"ri\\u0000ght \\ud800"}'), {
    metric: { kind: "contains", parameters: { text: "ght" } },
  });
  assert.deepEqual([result.state, result.output, result.asked], ["passed", "ri\ufffdght \ufffd", 1]);
});

test("a job delivered again after its end does nothing", async () => {
  await using bot = await serveBot();
  const runId = await launch(bot);
  await runAll(world, runId);
  const before = await results(world, runId);
  const [{ id } = { id: "" }] = await jobsOf(world, runId);
  await redeliver(world.db, id, "evals/run-test");
  assert.equal((await deliver(world.db, id, world.runTest)).kind, "ended");
  assert.deepEqual([await results(world, runId), bot.asked.length], [before, 1]);
});

test("an output stored by an attempt that was lost is judged and not asked for again", async () => {
  await using bot = await serveBot();
  const runId = await launch(bot);
  await world.asOwner(
    "update evals.test_results set state = 'running', output = 'stored before', started_at = now() where test_run_id = $1",
    [runId],
  );
  await runAll(world, runId);
  const [result] = await results(world, runId);
  assert.deepEqual([result?.state, result?.output, bot.asked], ["failed", "stored before", []]);
});

test("a run whose set is deleted under way ends without a trace", async () => {
  await using bot = await serveBot();
  const given = await plan(world, world.north.member, {
    url: bot.url,
    tests: [{ input: "one" }, { input: "two" }],
  });
  const run = await execute(world, world.north.member, given);
  const jobs = await jobsOf(world, run.id);
  const { errors } = await world.graphql(
    world.north.member,
    "mutation ($id: UUID!) { deleteTestSet(input: { id: $id }) { clientMutationId } }",
    { id: given.testSetId },
  );
  assert.deepEqual(errors, []);
  for (const { id } of jobs) {
    assert.equal((await deliver(world.db, id, world.runTest)).kind, "succeeded");
  }
  assert.deepEqual([await results(world, run.id), bot.asked], [[], []]);
});
