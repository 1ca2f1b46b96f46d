import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { reply, serveBot } from "../../evals/bot.ts";
import { createTestDatabase, type TestDatabase } from "../../helpers/database.ts";
import { until } from "../../helpers/jobs.ts";
import { type Asked, askedAfterStored, noteWhenStored } from "../asked-after-stored.ts";
import { allResults, type Client, ended, execute, newClient, type Run, setUp } from "../spine/client.ts";
import { type Process, startApiProcess, startWorkerProcess } from "../spine/processes.ts";

const tests = 1_000;
/** Long enough that many tests are with the endpoint when workers stop or the run is cancelled. */
const answerMs = 150;
/** After so many questions what is to happen happens. */
const middle = 200;
const longestRunMs = 120_000;

type Scene = {
  db: TestDatabase;
  client: Client;
  workers: Process[];
  /** The endpoint's own log. */
  asked: Asked[];
  /** A run of its own test set. */
  start(name: string): Promise<RunOfBatch>;
};
type RunOfBatch = Run & { batchId: string; cancelled: number };
type Batch = { progress: Record<string, number>; completedAt: string | null };

/** Line 9: a run cancelled in the middle, and one that goes on while its workers are replaced, on two worker processes. */
export async function testRunAsBatch(): Promise<string> {
  await using ends = new AsyncDisposableStack();
  const db = ends.use(await createTestDatabase());
  await noteWhenStored(db);
  const asked: Asked[] = [];
  const bot = ends.use(
    await serveBot(async (input, response) => {
      asked.push({ input, at: Date.now() });
      await sleep(answerMs);
      reply(response, { output: input });
    }),
  );
  const workers: Process[] = [];
  ends.defer(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
  workers.push(
    ...(await Promise.all([startWorkerProcess(db, "rowlock"), startWorkerProcess(db, "rowlock")])),
  );
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());
  const client = await newClient(db, api.url);

  const start = async (name: string) => {
    const inputs = Array.from({ length: tests }, (_, n) => JSON.stringify({ q: `${name} ${n}` }));
    const setup = await setUp(client, {
      name,
      endpoint: { url: bot.url, requestTemplate: { input: "{{ input }}" }, responsePath: "output" },
      metric: { kind: "contains", parameters: { text: name } },
      file: inputs.join("\n"),
      columns: "input=q",
    });
    asked.length = 0;
    const run = (await client.rest("GET", `/api/test-runs/${await execute(client, setup)}`)) as RunOfBatch;
    assert.equal((await batchOf(client, run)).progress.jobs, tests);
    return run;
  };
  const scene = { db, client, workers, asked, start };
  return [await cancelInTheMiddle(scene), await deployInTheMiddle(scene)].join("; ");
}

async function cancelInTheMiddle({ client, asked, start }: Scene): Promise<string> {
  const run = await start("cancelled");
  await questions(asked, middle);
  const began = performance.now();
  await client.rest("POST", `/api/test-runs/${run.id}/cancel`, { reason: "Enough." });
  const answeredMs = performance.now() - began;
  const answeredAt = Date.now();
  const over = (await ended(client, run.id, longestRunMs)) as RunOfBatch;
  const overMs = performance.now() - began;
  await sleep(2_000);

  const late = asked.filter(({ at }) => at > answeredAt);
  const lastMs = Math.max(0, ...late.map(({ at }) => at - answeredAt));
  const figures = `${tests} tests, cancelled after ${middle}: answered in ${answeredMs.toFixed(0)} ms, over after ${overMs.toFixed(0)}, ${over.cancelled} cancelled, ${over.passed} judged; ${late.length} asked after the answer, the last ${lastMs} ms after it`;
  assert.deepEqual([over.state, over.passed + over.cancelled], ["cancelled", tests], figures);
  const open = (await allResults(client, run.id)).filter(({ state }) => !/^(passed|cancelled)$/.test(state));
  assert.deepEqual(open, [], figures);
  const { progress, completedAt } = await batchOf(client, run);
  assert.equal((progress.succeeded ?? 0) + (progress.cancelled ?? 0), tests, figures);
  assert.notEqual(completedAt, null, figures);
  assert.ok(over.cancelled > tests / 2, figures);
  assert.ok(overMs < 5_000, figures);
  // Workers hear of it within half a second: until then they may put what they have in hand.
  assert.ok(lastMs < 1_000, figures);
  return figures;
}

async function deployInTheMiddle({ db, client, workers, asked, start }: Scene): Promise<string> {
  const began = performance.now();
  const run = await start("deployed");
  const replace = async () => {
    const fresh = [startWorkerProcess(db, "rowlock"), startWorkerProcess(db, "rowlock")];
    workers.push(...(await Promise.all(fresh)));
  };
  const deploy = async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await replace();
  };
  await questions(asked, middle);
  await deploy();
  await questions(asked, 2 * middle);
  await workers.shift()?.kill();
  await questions(asked, 3 * middle);
  await deploy();
  const under = (await client.rest("GET", `/api/test-runs/${run.id}`)) as RunOfBatch;
  const over = await ended(client, run.id, longestRunMs);
  const seconds = (performance.now() - began) / 1_000;

  const twice = await askedAfterStored(db, asked);
  const figures = `${tests} tests, workers replaced twice and one killed: ${over.passed} passed in ${seconds.toFixed(0)} s, asked ${asked.length} times, ${twice} after the output was stored`;
  assert.equal(under.finishedAt, null, `the run was over before the second deploy: ${figures}`);
  assert.deepEqual([over.state, over.passed], ["completed", tests], figures);
  assert.equal(new Set(asked.map(({ input }) => input)).size, tests, figures);
  assert.equal(twice, 0, figures);
  const { progress, completedAt } = await batchOf(client, run);
  assert.deepEqual([progress.succeeded, completedAt !== null], [tests, true], figures);
  return figures;
}

async function batchOf(client: Client, { batchId }: RunOfBatch): Promise<Batch> {
  return (await client.rest("GET", `/api/batches/${batchId}`)) as Batch;
}

/** Waits for the endpoint to have been asked so often. */
async function questions(asked: readonly Asked[], count: number): Promise<void> {
  await until(
    async () => asked.length,
    (length) => length >= count,
    longestRunMs,
  );
}
