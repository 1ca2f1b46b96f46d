import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeOf, fieldOf, type Person } from "../api/support.ts";
import { deliver } from "../helpers/jobs.ts";
import { reply, serveBot } from "./bot.ts";
import {
  type EvalsWorld,
  execute,
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

const nobody = "018f0000-0000-7000-8000-000000000000";
const tests = ["one", "two", "three", "four"].map((input) => ({ input, expected: input }));

async function start(url: string): Promise<Run> {
  const given = await plan(world, world.north.member, { url, tests });
  return await execute(world, world.north.member, given);
}

const cancel = (who: Person, id: string, json?: unknown) =>
  world.send("POST", `/api/test-runs/${id}/cancel`, { as: who, ...(json === undefined ? {} : { json }) });

async function cancelByGraphql(who: Person, id: string) {
  const { data, errors } = await world.graphql(
    who,
    "mutation ($id: UUID!) { cancelTestRun(input: { id: $id }) { testRun { summary { state } } } }",
    { id },
  );
  const { testRun } = (data?.cancelTestRun ?? {}) as { testRun?: { summary: { state: string } } };
  return { state: testRun?.summary.state, code: errors[0]?.extensions?.code };
}

test("a run is a batch: its progress is reached from the run, by both doors", async () => {
  await using bot = await serveBot();
  const run = await start(bot.url);
  const { name, progress, completedAt } = await getBatch(world, world.north.viewer, run.batchId);
  assert.match(name, /^Test run: test-sets /);
  assert.deepEqual([progress.jobs, completedAt], [tests.length, null]);
  await runAll(world, run.id);
  const { data, errors } = await world.graphql(
    world.north.viewer,
    `query ($id: UUID!) { testRun(id: $id) {
       batch { completedAt progress { jobs succeeded } testRun { id } }
       testResults(first: 1) { nodes { job { state task testResult { position } } } } } }`,
    { id: run.id },
  );
  assert.deepEqual(errors, []);
  const { batch, testResults } = fieldOf(data, "testRun") as {
    batch: Record<string, unknown>;
    testResults: { nodes: unknown[] };
  };
  assert.deepEqual([batch.progress, batch.testRun], [{ jobs: "4", succeeded: "4" }, { id: run.id }]);
  assert.notEqual(batch.completedAt, null);
  assert.deepEqual(testResults.nodes, [
    { job: { state: "succeeded", task: "evals/run-test", testResult: { position: 0 } } },
  ]);
});

test("a run is cancelled as one, in one transaction; what was judged stays and nobody is asked any more", async () => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  await using bot = await serveBot(async (input, response) => {
    if (input === "two") {
      reach();
      await gate;
    }
    reply(response, { output: input });
  });
  const run = await start(bot.url);
  const jobs = await jobsOf(world, run.id);
  await deliver(world.db, jobs[0]?.id ?? "", world.runTest);
  const atWork = deliver(world.db, jobs[1]?.id ?? "", world.runTest);
  await reached;

  const { status, body, text } = await cancel(world.north.member, run.id, { reason: "The wrong model." });
  assert.equal(status, 200, text);
  const { state, passed, cancelled } = body as Run;
  assert.deepEqual([state, passed, cancelled], ["cancelled", 1, 3]);
  open();
  assert.equal((await atWork).kind, "lost");
  for (const { id } of jobs.slice(2))
    assert.equal((await deliver(world.db, id, world.runTest)).kind, "ended");
  const why = "The wrong model.";
  assert.deepEqual(
    (await results(world, run.id)).map((one) => [one.state, one.output, one.code, one.message]),
    [
      ["passed", "one", null, null],
      ["cancelled", null, "CANCELLED", why],
      ["cancelled", null, "CANCELLED", why],
      ["cancelled", null, "CANCELLED", why],
    ],
  );
  assert.deepEqual(bot.asked, ["one", "two"]);
  const { progress, completedAt } = await getBatch(world, world.north.member, run.batchId);
  assert.deepEqual([progress.succeeded, progress.cancelled, completedAt !== null], [1, 3, true]);
  const [together] = await world.asOwner<{ transactions: number }>(
    `select count(distinct x)::int as transactions from (
       select xmin::text as x from evals.test_results where test_run_id = $1 and state = 'cancelled'
       union all select xmin::text from rowlock.job_end where batch_id = $2 and state = 'cancelled') t`,
    [run.id, run.batchId],
  );
  assert.equal(together?.transactions, 1);

  // Once more: it is what was asked for.
  assert.deepEqual(await cancelByGraphql(world.north.member, run.id), {
    state: "cancelled",
    code: undefined,
  });
  assert.equal((await cancel(world.north.member, run.id)).status, 200);
});

test("by GraphQL as well", async () => {
  await using bot = await serveBot();
  const run = await start(bot.url);
  assert.deepEqual(await cancelByGraphql(world.north.owner, run.id), { state: "cancelled", code: undefined });
  assert.equal((await getRun(world, world.north.member, run.id)).cancelled, tests.length);
});

test("what is over, another's or nobody's, and viewers are refused, and nothing changes", async () => {
  await using bot = await serveBot();
  const over = await start(bot.url);
  await runAll(world, over.id);
  const open = await start(bot.url);
  const before = [await results(world, over.id), await results(world, open.id)];
  const refused = await cancel(world.north.member, over.id);
  assert.deepEqual([refused.status, codeOf(refused)], [409, "CONFLICT"]);
  assert.match(refused.text, /is over: completed\. Only a run that is under way/);
  const cases: [Person, string, string][] = [
    [world.north.member, over.id, "CONFLICT"],
    [world.south.owner, open.id, "NOT_FOUND"],
    [world.north.member, nobody, "NOT_FOUND"],
    [world.north.viewer, open.id, "NOT_ALLOWED"],
  ];
  for (const [who, id, code] of cases) {
    assert.equal(codeOf(await cancel(who, id)), code);
    assert.equal((await cancelByGraphql(who, id)).code, code);
  }
  for (const json of [{ reason: "x".repeat(501) }, { because: "x" }]) {
    assert.equal(codeOf(await cancel(world.north.member, open.id, json)), "INVALID_ARGUMENT");
  }
  assert.deepEqual([await results(world, over.id), await results(world, open.id)], before);
});
