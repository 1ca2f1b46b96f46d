import assert from "node:assert/strict";
import { reply, serveBot } from "../../evals/bot.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { allResults, type Client, ended, execute, newClient, type Run } from "../spine/client.ts";
import { type Recorded, readGsm8k, setUpGsm8k } from "../spine/gsm8k.ts";
import { startApiProcess, startWorkerProcess } from "../spine/processes.ts";

const longestRunMs = 180_000;

/**
 * Line 1, its deterministic part: the GSM8K test split against a server that replays recorded answers, judged by the
 * number, then rescored by exact match and by a pattern.
 */
export async function gsm8kRescored(): Promise<string> {
  const { jsonl, recorded } = readGsm8k();
  await using ends = new AsyncDisposableStack();
  const db = ends.use(await createTestDatabase());
  const bot = ends.use(
    await serveBot((input, response) => {
      const known = recorded.get(input);
      if (known === undefined) reply(response, { error: "never heard" }, 404);
      else reply(response, { choices: [{ message: { content: known.solution } }] });
    }),
  );
  const workers = await Promise.all([startWorkerProcess(db, "rowlock"), startWorkerProcess(db, "rowlock")]);
  ends.defer(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());
  const client = await newClient(db, api.url);

  const began = performance.now();
  const run = await ended(
    client,
    await execute(client, await setUpGsm8k(client, bot.url, jsonl)),
    longestRunMs,
  );
  const seconds = (performance.now() - began) / 1_000;
  const results = await allResults(client, run.id);
  const wrong = results.filter(
    ({ state, input }) => (state === "passed") !== recorded.get(input)?.is_correct,
  );
  assert.deepEqual(
    [run.state, run.total, run.passed, wrong.length, bot.asked.length],
    ["completed", 1_319, 286, 0, 1_319],
  );

  const exact = await rescore(client, run.id, { kind: "exact" });
  const pattern = "A: -?[$]?[0-9][0-9,.]*\\s*$";
  const regex = await rescore(client, run.id, { kind: "regex", parameters: { pattern } });
  // What the two must say is computed here by other means: no recorded answer is the bare number.
  const answers: Recorded[] = results.map(({ input }) => recorded.get(input) ?? assert.fail(input));
  const ending = new RegExp(pattern);
  assert.equal(exact.run.passed, 0);
  assert.equal(regex.run.passed, answers.filter(({ solution }) => ending.test(solution)).length);
  assert.equal(bot.asked.length, 1_319, "the endpoint's own log: nothing was asked for the rescores");
  return (
    `${run.passed} of ${run.total} passed in ${seconds.toFixed(1)} s, as published; rescored in ` +
    `${exact.seconds.toFixed(1)} and ${regex.seconds.toFixed(1)} s: exact ${exact.run.passed}, regex ` +
    `${regex.run.passed} passed; the endpoint was asked ${bot.asked.length} times in all`
  );
}

async function rescore(client: Client, id: string, metric: object): Promise<{ run: Run; seconds: number }> {
  const made = (await client.rest("POST", "/api/metrics", {
    name: JSON.stringify(metric),
    ...metric,
  })) as Made;
  const began = performance.now();
  const { id: again } = (await client.rest("POST", `/api/test-runs/${id}/rescore`, {
    metricIds: [made.id],
  })) as Made;
  const run = await ended(client, again, longestRunMs);
  assert.deepEqual([run.state, run.total, run.errored], ["completed", 1_319, 0]);
  return { run, seconds: (performance.now() - began) / 1_000 };
}

type Made = { id: string };
