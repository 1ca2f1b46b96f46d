import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { reply, serveBot } from "../../evals/bot.ts";
import { createTestDatabase, type TestDatabase } from "../../helpers/database.ts";
import { type Asked, askedAfterStored, noteWhenStored } from "../asked-after-stored.ts";
import { allResults, ended, execute, newClient } from "../spine/client.ts";
import { readGsm8k, setUpGsm8k } from "../spine/gsm8k.ts";
import { type Process, startApiProcess, startWorkerProcess } from "../spine/processes.ts";

const killEveryMs = 2_000;
/** Long enough that many tests are with the endpoint when a worker dies, and that several workers do. */
const answerMs = 100;
const longestRunMs = 240_000;

export type UnderFire = {
  results: number;
  passed: number;
  disagreements: number;
  kills: number;
  /** Questions put to the endpoint; some are asked again because the answer died with its worker. */
  asked: number;
  /** Questions put to the endpoint after their output had been stored. */
  askedAfterStored: number;
  seconds: number;
};

/** The GSM8K run of the spine on two workers, of which one is killed every two seconds and another takes its place. */
export async function gsm8kUnderFire(): Promise<UnderFire> {
  const { jsonl, recorded } = readGsm8k();
  await using ends = new AsyncDisposableStack();
  const db = ends.use(await createTestDatabase());
  await noteWhenStored(db);
  const askedAt: Asked[] = [];
  const bot = ends.use(
    await serveBot(async (input, response) => {
      askedAt.push({ input, at: Date.now() });
      await sleep(answerMs);
      reply(response, { choices: [{ message: { content: recorded.get(input)?.solution } }] });
    }),
  );
  const workers = [await startWorkerProcess(db, "rowlock"), await startWorkerProcess(db, "rowlock")];
  ends.defer(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());
  const client = await newClient(db, api.url);
  const setup = await setUpGsm8k(client, bot.url, jsonl);

  const began = performance.now();
  const runId = await execute(client, setup);
  const over = new AbortController();
  const killing = killAndReplace(db, workers, over.signal);
  const run = await ended(client, runId, longestRunMs).finally(() => over.abort());
  const kills = await killing;
  const seconds = (performance.now() - began) / 1000;

  assert.deepEqual([run.state, run.errored], ["completed", 0]);
  const results = await allResults(client, runId);
  assert(results.every(({ input, output }) => output === recorded.get(input)?.solution));
  return {
    results: results.length,
    passed: results.filter(({ state }) => state === "passed").length,
    disagreements: results.filter(
      ({ state, input }) => (state === "passed") !== recorded.get(input)?.is_correct,
    ).length,
    kills,
    asked: askedAt.length,
    askedAfterStored: await askedAfterStored(db, askedAt),
    seconds,
  };
}

/** @returns how many were killed */
async function killAndReplace(db: TestDatabase, workers: Process[], over: AbortSignal): Promise<number> {
  let kills = 0;
  for (;;) {
    await sleep(killEveryMs, undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return kills;
    const [victim] = workers.splice(0, 1);
    await victim?.kill();
    kills += 1;
    workers.push(await startWorkerProcess(db, "rowlock"));
  }
}
