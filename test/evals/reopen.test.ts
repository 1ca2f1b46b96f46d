import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { runTest } from "../../src/evals/index.ts";
import { defineTask, retryJob } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { deliver, register } from "../helpers/jobs.ts";
import { serveBot } from "./bot.ts";
import {
  type EvalsWorld,
  execute,
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

async function start(url: string, ...inputs: string[]): Promise<Run> {
  const tests = inputs.map((input) => ({ input, expected: input }));
  return await execute(world, world.north.member, await plan(world, world.north.member, { url, tests }));
}

const post = async (path: string, json?: unknown) => {
  const { status, body, text } = await world.send("POST", path, {
    as: world.north.member,
    ...(json === undefined ? {} : { json }),
  });
  assert.equal(status, 200, text);
  return body;
};
const seen = async (id: string) =>
  (await results(world, id)).map(({ state, code, output }) => [state, code, output]);

/** As the shipped task, but given up after a moment. */
const impatient = defineTask({
  name: "evals/run-test",
  kind: "long",
  input: z.object({ id: z.uuid() }),
  launchRole: "system",
  maxAttempts: 1,
  timeoutMs: 150,
  run: ({ id }, context) => runTest(context, id, ["127.0.0.0/8"]),
});

test("a failed job that is retried by hand opens its result again, and it is judged", async () => {
  await using bot = await serveBot((input, response, times) => {
    if (times > 1) response.end(JSON.stringify({ output: input }));
  });
  await register(world.db, impatient);
  const run = await start(bot.url, "x");
  await register(world.db, world.runTest);
  const [{ id } = { id: "" }] = await jobsOf(world, run.id);
  assert.equal((await deliver(world.db, id, impatient)).kind, "failed");
  assert.deepEqual(await seen(run.id), [["errored", "JOB_TIMEOUT", null]]);

  await post(`/api/jobs/${id}/retry`);
  assert.deepEqual(await seen(run.id), [["queued", null, null]]);
  const { state, finishedAt } = await getRun(world, world.north.member, run.id);
  assert.deepEqual([state, finishedAt], ["queued", null]);
  await runAll(world, run.id);
  assert.deepEqual(await seen(run.id), [["passed", null, "x"]]);
  assert.equal((await getRun(world, world.north.member, run.id)).state, "completed");
});

test("all jobs of a run's batch retried by hand: what was judged stays, a stored output is judged and not asked for", async () => {
  await using bot = await serveBot();
  const run = await start(bot.url, "judged", "stored", "not asked");
  const [first] = await jobsOf(world, run.id);
  await deliver(world.db, first?.id ?? "", world.runTest);
  await world.asOwner(
    "update evals.test_results set output = 'stored' where test_run_id = $1 and position = 1",
    [run.id],
  );
  await post(`/api/test-runs/${run.id}/cancel`);
  const acted = await post("/api/jobs/retry", { batchId: run.batchId, atMost: 2 });
  assert.deepEqual(acted, { jobs: 2, asked: 0 });
  assert.deepEqual(await seen(run.id), [
    ["passed", null, "judged"],
    ["queued", null, "stored"],
    ["queued", null, null],
  ]);
  await runAll(world, run.id);
  assert.deepEqual(
    (await results(world, run.id)).map(({ state }) => state),
    ["passed", "passed", "passed"],
  );
  assert.deepEqual(bot.asked, ["judged", "not asked"]);
});

test("a run opened by hand can be cancelled again, and its jobs with it", async () => {
  await using bot = await serveBot();
  const run = await start(bot.url, "x", "y");
  await post(`/api/test-runs/${run.id}/cancel`);
  await post("/api/jobs/retry", { batchId: run.batchId, atMost: 2 });
  const { state, cancelled } = (await post(`/api/test-runs/${run.id}/cancel`)) as Run;
  assert.deepEqual([state, cancelled], ["cancelled", 2]);
  await runAll(world, run.id);
  assert.deepEqual(bot.asked, []);
});

test("a job that succeeded although cancelled too late keeps its verdict when it is retried", async () => {
  await using bot = await serveBot();
  const run = await start(bot.url, "x");
  const [{ id } = { id: "" }] = await jobsOf(world, run.id);
  await deliver(world.db, id, world.runTest);
  // As if the wish to cancel had come between the verdict and the job's end.
  await world.asOwner(
    "update rowlock.job_end set state = 'cancelled', error_code = 'CANCELLED' where id = $1",
    [id],
  );
  await post(`/api/jobs/${id}/retry`);
  await runAll(world, run.id);
  assert.deepEqual([await seen(run.id), bot.asked], [[["passed", null, "x"]], ["x"]]);
});

test("a run whose job somebody retries by hand at this moment is under way", async () => {
  await using bot = await serveBot();
  const run = await start(bot.url, "x", "y");
  const [{ id } = { id: "" }] = await jobsOf(world, run.id);
  await post(`/api/test-runs/${run.id}/cancel`);
  const { status, text } = await withTenant(world.db.pool("api"), world.north.member, async (tx) => {
    await retryJob(tx, id);
    return await world.send("POST", `/api/test-runs/${run.id}/retry`, { as: world.north.member });
  });
  assert.equal(status, 409, text);
  assert.match(text, /1 of its tests are not finished/);
  assert.deepEqual(await seen(run.id), [
    ["queued", null, null],
    ["cancelled", "CANCELLED", null],
  ]);
});

test("a job that is forgotten leaves its result as it was", async () => {
  await using bot = await serveBot();
  const run = await start(bot.url, "x");
  const [{ id } = { id: "" }] = await jobsOf(world, run.id);
  await post(`/api/test-runs/${run.id}/cancel`);
  for (const table of ["job", "job_end"])
    await world.asOwner(`delete from rowlock.${table} where id = $1`, [id]);
  assert.deepEqual(await seen(run.id), [["cancelled", "CANCELLED", null]]);
  // And can still be run again.
  await post(`/api/test-runs/${run.id}/retry`);
  await runAll(world, run.id);
  assert.deepEqual(await seen(run.id), [["passed", null, "x"]]);
});
