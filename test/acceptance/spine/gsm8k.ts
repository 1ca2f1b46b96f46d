import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { reply, serveBot } from "../../evals/bot.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { allResults, ended, execute, newClient, setUp } from "./client.ts";
import { countSucceeded, startApiProcess, startWorkerProcess, type WorkerMode } from "./processes.ts";

const file = resolve(import.meta.dirname, "../../../../shared/data/gsm8k/problems.jsonl");
const longestRunMs = 120_000;

/** Why GSM8K cannot be run here, or false: what `skip` of a test takes. */
export const withoutGsm8k: string | false = existsSync(file) ? false : "no GSM8K data beside the project";

type Problem = {
  question: string;
  recorded: { "6b_finetuning": { solution: string; is_correct: boolean } };
};

/**
 * The GSM8K test split against a server that replays what a model of 6 billion parameters answered: imported and
 * launched through `rowlock api`, executed by two worker processes.
 * @returns `disagreements`: verdicts other than the published ones; `seconds` from the launch to the run's end
 */
export async function gsm8k(
  mode: WorkerMode,
): Promise<{ results: number; passed: number; disagreements: number; seconds: number }> {
  const jsonl = readFileSync(file, "utf8");
  const problems = jsonl
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Problem);
  const recorded = new Map(problems.map(({ question, recorded }) => [question, recorded["6b_finetuning"]]));
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
  const setup = await setUp(client, {
    name: "GSM8K",
    endpoint: {
      url: bot.url,
      requestTemplate: { input: "{{ input }}" },
      responsePath: "choices[0].message.content",
    },
    metric: { kind: "number", parameters: { after: "A:" } },
    file: jsonl,
    columns: "input=question&expected=answer",
  });
  const began = performance.now();
  const runId = await execute(client, setup);
  const run = await ended(client, runId, longestRunMs);
  const seconds = (performance.now() - began) / 1000;

  const results = await allResults(client, runId);
  assert.deepEqual([run.state, run.total, run.errored], ["completed", problems.length, 0]);
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
