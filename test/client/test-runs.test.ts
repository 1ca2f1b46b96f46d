import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type ApiError, createClient, type TestRuns } from "../../src/client/index.ts";
import { type Bot, serveBot } from "../evals/bot.ts";
import { createSet, type EvalsWorld, plan, runAll, startEvals } from "../evals/support.ts";
import { errorOf } from "./support.ts";

let world: EvalsWorld;
let bot: Bot;
let testRuns: TestRuns;
before(async () => {
  world = await startEvals();
  bot = await serveBot();
  ({ testRuns } = createClient({ url: world.api.url, apiKey: world.north.member.token }));
});
after(async () => {
  await bot[Symbol.asyncDispose]();
  await world.stop();
});

const tests = [
  { input: "one", expected: "one" },
  { input: "two", expected: "another" },
];

async function nameOf(collection: "endpoints" | "test_sets" | "metrics", id: string): Promise<string> {
  const [row] = await world.asOwner<{ name: string }>(`select name from evals.${collection} where id = $1`, [
    id,
  ]);
  return row?.name ?? "";
}

test("a run is executed by names, watched to its end, read, rescored and compared", async () => {
  const { member } = world.north;
  const { testSetId, endpointId, metricIds } = await plan(world, member, { url: bot.url, tests });
  const names = {
    testSet: await nameOf("test_sets", testSetId),
    endpoint: await nameOf("endpoints", endpointId),
    metrics: [await nameOf("metrics", metricIds[0] ?? "")],
  };
  const run = await testRuns.execute(names);
  assert.deepEqual([run.testSetId, run.total, run.metrics], [testSetId, 2, names.metrics]);
  const states: string[] = [];
  const watching = (async () => {
    for await (const { state } of testRuns.watch(run.id)) states.push(state);
  })();
  await runAll(world, run.id);
  await watching;
  assert.equal(states.at(-1), "completed");
  assert.equal((await testRuns.get(run.id)).passRate, 0.5);

  const verdicts: string[] = [];
  for await (const { state } of testRuns.results(run.id, { first: 1 })) verdicts.push(state);
  assert.deepEqual(verdicts, ["passed", "failed"]);
  const failed = await testRuns.results(run.id, { state: "failed" }).page();
  assert.equal(failed.items[0]?.input, "two");

  const again = await testRuns.rescore(run.id, { metrics: metricIds });
  assert.equal(again.sourceRunId, run.id);
  const { tests: compared, beforeId } = await testRuns.compare(run.id, again.id);
  assert.deepEqual([compared, beforeId], [2, run.id]);
});

test("a run by ids is cancelled and retried, and a name that is not there is told", async () => {
  const { member } = world.north;
  const { endpointId: endpoint } = await plan(world, member, { url: bot.url, tests });
  const testSet = await createSet(world, member, tests);
  const run = await testRuns.execute({ testSet, endpoint });
  assert.equal((await testRuns.cancel(run.id, { reason: "enough" })).state, "cancelled");
  assert.equal((await testRuns.retry(run.id)).queued, 2);
  const error = await errorOf(testRuns.execute({ testSet: "no such set", endpoint }));
  assert.deepEqual([(error as ApiError).code, (error as ApiError).status], ["NOT_FOUND", 404]);
  assert.match((error as ApiError).message, /no test set "no such set"/);
});
