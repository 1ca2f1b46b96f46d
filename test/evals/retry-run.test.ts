import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { issueToken } from "../../src/tenancy/index.ts";
import { codeOf, type Person } from "../api/support.ts";
import { deliver } from "../helpers/jobs.ts";
import { addMember, removeMember } from "../helpers/organization.ts";
import { type Answering, reply, serveBot } from "./bot.ts";
import {
  type EvalsWorld,
  execute,
  type GivenTest,
  getBatch,
  getRun,
  jobsOf,
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

async function start(url: string, tests: readonly GivenTest[], who = world.north.member): Promise<Run> {
  return await execute(world, who, await plan(world, who, { url, tests }));
}

const retry = (who: Person, id: string) => world.send("POST", `/api/test-runs/${id}/retry`, { as: who });
const cancel = (id: string) => world.send("POST", `/api/test-runs/${id}/cancel`, { as: world.north.member });
const states = async (id: string) => (await results(world, id)).map(({ state }) => state);

/** Answers 404 to what begins with "broken", the first time. */
const mended: Answering = (input, response, times) =>
  reply(response, { output: input }, input.startsWith("broken") && times === 1 ? 404 : 200);

test("what errored or was cancelled runs again in a batch of its own; what was judged stays, stored outputs are not asked for", async () => {
  await using bot = await serveBot(mended);
  const run = await start(bot.url, [
    { input: "good", expected: "good" },
    { input: "broken", expected: "broken" },
    { input: "no verdict", expected: null },
    { input: "never begun", expected: "never begun" },
  ]);
  for (const { id } of (await jobsOf(world, run.id)).slice(0, 3)) {
    assert.equal((await deliver(world.db, id, world.runTest)).kind, "succeeded");
  }
  await cancel(run.id);
  assert.deepEqual(await states(run.id), ["passed", "errored", "errored", "cancelled"]);
  const [judged, , stored] = await results(world, run.id);
  assert.deepEqual([stored?.code, stored?.output], ["EVALUATION_ERROR", "no verdict"]);

  const { status, body, text } = await retry(world.north.member, run.id);
  assert.equal(status, 200, text);
  const again = body as Run;
  assert.deepEqual([again.state, again.queued, again.passed, again.finishedAt], ["running", 3, 1, null]);
  assert.notEqual(again.batchId, run.batchId);
  assert.equal((await getBatch(world, world.north.member, again.batchId)).progress.jobs, 3);
  assert.equal((await getBatch(world, world.north.member, run.batchId)).progress.jobs, 4);

  await runAll(world, run.id);
  const after = await results(world, run.id);
  assert.deepEqual(
    after.map(({ state, code, output }) => [state, code, output]),
    [
      ["passed", null, "good"],
      ["passed", null, "broken"],
      ["errored", "EVALUATION_ERROR", "no verdict"],
      ["passed", null, "never begun"],
    ],
  );
  assert.deepEqual(after[0], judged);
  assert.deepEqual(bot.asked, ["good", "broken", "no verdict", "broken", "never begun"]);
  assert.equal((await getRun(world, world.north.member, run.id)).state, "partial");
});

test("by GraphQL; and the retry is cancelled as one too", async () => {
  await using bot = await serveBot(mended);
  const run = await start(bot.url, [{ input: "broken 1" }, { input: "broken 2" }]);
  await runAll(world, run.id);
  assert.deepEqual(await states(run.id), ["errored", "errored"]);
  const { data, errors } = await world.graphql(
    world.north.member,
    "mutation ($id: UUID!) { retryTestRun(input: { id: $id }) { testRun { summary { state } batch { progress { jobs } } } } }",
    { id: run.id },
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(data?.retryTestRun, {
    testRun: { summary: { state: "queued" }, batch: { progress: { jobs: "2" } } },
  });
  await cancel(run.id);
  assert.deepEqual(await states(run.id), ["cancelled", "cancelled"]);
  assert.equal(bot.asked.length, 2);
});

test("a run of someone who left is taken over by whoever retries it", async () => {
  await using bot = await serveBot();
  const who = {
    organizationId: world.north.id,
    userId: await addMember(world.db, world.north.id, "member"),
  };
  const leaver = { ...who, token: await issueToken(world.settings, { ...who, expiresIn: "1h" }) };
  const run = await start(bot.url, [{ input: "x", expected: "x" }], leaver);
  await removeMember(world.db, who);
  await runAll(world, run.id);
  assert.deepEqual(await states(run.id), ["cancelled"]);
  assert.equal((await retry(world.north.member, run.id)).status, 200);
  await runAll(world, run.id);
  assert.deepEqual([await states(run.id), bot.asked], [["passed"], ["x"]]);
});

test("a job from before the retry, retried by hand, does nothing: the result has another", async () => {
  await using bot = await serveBot();
  const run = await start(bot.url, [{ input: "x", expected: "x" }]);
  const [{ id: old } = { id: "" }] = await jobsOf(world, run.id);
  await cancel(run.id);
  await retry(world.north.member, run.id);
  const byHand = await world.send("POST", `/api/jobs/${old}/retry`, { as: world.north.member });
  assert.equal(byHand.status, 200, byHand.text);
  assert.equal((await deliver(world.db, old, world.runTest)).kind, "succeeded");
  assert.deepEqual([await states(run.id), bot.asked], [["queued"], []]);
  await runAll(world, run.id);
  assert.deepEqual([await states(run.id), bot.asked], [["passed"], ["x"]]);
});

test("of two retries at the same moment one is refused", async () => {
  await using bot = await serveBot(mended);
  const run = await start(bot.url, [{ input: "broken", expected: "broken" }]);
  await runAll(world, run.id);
  const answers = await Promise.all([1, 2, 3].map(() => retry(world.north.member, run.id)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409]);
  await runAll(world, run.id);
  assert.deepEqual([await states(run.id), bot.asked], [["passed"], ["broken", "broken"]]);
});

test("what is under way or was judged, another's or nobody's, and viewers are refused", async () => {
  await using bot = await serveBot();
  const [open, judged, errored] = [
    await start(bot.url, [{ input: "x" }]),
    await start(bot.url, [{ input: "x", expected: "y" }]),
    await start(bot.url, [{ input: "x" }]),
  ];
  await runAll(world, judged.id);
  await runAll(world, errored.id);
  const cases: [Person, string, number, RegExp][] = [
    [world.north.member, open.id, 409, /under way: 1 of its tests are not finished\. Wait for its end/],
    [world.north.member, judged.id, 409, /was judged\. Execute the test set again/],
    [world.south.owner, errored.id, 404, /There is no test run/],
    [world.north.viewer, errored.id, 403, /viewer/],
  ];
  for (const [who, id, status, message] of cases) {
    const answer = await retry(who, id);
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.text, message);
  }
  assert.equal(codeOf(await retry(world.north.member, "x")), "INVALID_ARGUMENT");
  assert.deepEqual(
    [await states(open.id), await states(judged.id), await states(errored.id)],
    [["queued"], ["failed"], ["errored"]],
  );
});
