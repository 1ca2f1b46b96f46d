import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { reply, serveBot } from "../../evals/bot.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { allResults, type Client, ended, execute, newClient, setUp } from "./client.ts";
import { countSucceeded, startApiProcess, startWorkerProcess, type WorkerMode } from "./processes.ts";

const file = resolve(import.meta.dirname, "../../../../shared/data/gsm8k/problems.jsonl");
const longestRunMs = 120_000;

/** Why GSM8K cannot be run here, or false: what `skip` of a test takes. */
export const withoutGsm8k: string | false = existsSync(file) ? false : "no GSM8K data beside the project";

export type Problem = {
  question: string;
  recorded: { "6b_finetuning": { solution: string; is_correct: boolean } };
};

export type Recorded = Problem["recorded"]["6b_finetuning"];

/** The file, and what the model answered to each question. */
export function readGsm8k(): { jsonl: string; recorded: Map<string, Recorded> } {
  const jsonl = readFileSync(file, "utf8");
  const problems = jsonl
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Problem);
  return {
    jsonl,
    recorded: new Map(problems.map(({ question, recorded }) => [question, recorded["6b_finetuning"]])),
  };
}

/** An endpoint, metric and set of tests for a server that replays the recorded answers. */
export async function setUpGsm8k(client: Client, url: string, jsonl: string) {
  return await setUp(client, {
    name: "GSM8K",
    endpoint: {
      url,
      requestTemplate: { input: "{{ input }}" },
      responsePath: "choices[0].message.content",
    },
    metric: { kind: "number", parameters: { after: "A:" } },
    file: jsonl,
    columns: "input=question&expected=answer",
  });
}

/**
 * The GSM8K test split against a server that replays what a model of 6 billion parameters answered: imported and
 * launched through `rowlock api`, executed by two worker processes.
 * @returns `disagreements`: verdicts other than the published ones; `seconds` from the launch to the run's end
 */
export async function gsm8k(
  mode: WorkerMode,
): Promise<{ results: number; passed: number; disagreements: number; seconds: number }> {
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
  const workers = await Promise.all([startWorkerProcess(db, mode), startWorkerProcess(db, mode)]);
  ends.defer(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());

  const client = await newClient(db, api.url);
  const setup = await setUpGsm8k(client, bot.url, jsonl);
  const began = performance.now();
  const runId = await execute(client, setup);
  const run = await ended(client, runId, longestRunMs);
  const seconds = (performance.now() - began) / 1000;

  const results = await allResults(client, runId);
  assert.deepEqual([run.state, run.total, run.errored], ["completed", 1_319, 0]);
  assert.equal(new Set(results.map(({ input }) => input)).size, new Set(recorded.keys()).size);
  assert(results.every(({ input, output }) => output === recorded.get(input)?.solution));
  assert.equal(bot.asked.length, results.length, "each question is asked once");
  await Promise.all(workers.map((worker) => worker.stop()));
  const shares = workers.map((worker) => countSucceeded(worker, "evals/run-test"));
  assert(
    shares.every((share) => share > 0),
    `both workers take part: ${shares.join(" and ")}`,
  );
  assert.equal(
    shares.reduce((sum, share) => sum + share),
    results.length,
  );
  return {
    results: results.length,
    passed: results.filter(({ state }) => state === "passed").length,
    disagreements: results.filter(
      ({ state, input }) => (state === "passed") !== recorded.get(input)?.is_correct,
    ).length,
    seconds,
  };
}
