import assert from "node:assert/strict";
import { reply, serveBot } from "../../evals/bot.ts";
import { serveModels } from "../../evals/fake-models/index.ts";
import { allResults, type Client, execute } from "../spine/client.ts";
import { type Recorded, readGsm8k, setUpGsm8k } from "../spine/gsm8k.ts";
import { judgedByHalfDown } from "./half-down-judge.ts";
import { rescore, type Timed, timed } from "./rescore.ts";
import { startScene } from "./scene.ts";

/**
 * Line 1: the GSM8K test split against a server that replays recorded answers, by HTTP and as a model in OpenAI's format,
 * judged by the number; its outputs rescored by exact match, by a pattern, and by a judge of whose calls half fail.
 */
export async function gsm8kRescored(): Promise<string> {
  const { jsonl, recorded } = readGsm8k();
  const solutionOf = (input: string) => recorded.get(input)?.solution ?? assert.fail(input);
  await using bot = await serveBot((input, response) =>
    reply(response, { choices: [{ message: { content: solutionOf(input) } }] }),
  );
  await using models = await serveModels(({ turns }) => solutionOf(turns.at(-1) ?? ""));
  await using scene = await startScene(2, { WORKER_CONCURRENCY: "20", LOG_LEVEL: "info" });
  const { client } = scene;
  const setup = await setUpGsm8k(client, bot.url, jsonl);

  const byHttp = await timed(client, () => execute(client, setup));
  const asPublished = async ({ run }: Timed) => {
    const results = await allResults(client, run.id);
    const wrong = results.filter(
      ({ state, input }) => (state === "passed") !== recorded.get(input)?.is_correct,
    );
    assert.deepEqual(
      [run.state, run.total, run.passed, wrong.length],
      ["completed", 1_319, 286, 0],
      JSON.stringify(run),
    );
    return results;
  };
  const results = await asPublished(byHttp);
  assert.equal(bot.asked.length, 1_319);

  const endpointId = await modelEndpoint(client, `${models.url}/openai`);
  const byModel = await timed(client, () => execute(client, { ...setup, endpointId }));
  await asPublished(byModel);
  assert.equal(models.log.length, 1_319, "each question is one call in OpenAI's format");
  const { calls, cost } = (await client.rest("GET", `/api/model-usage?testRunId=${byModel.run.id}`)) as Usage;
  assert.equal(calls, 1_319);

  const exact = await rescore(client, byHttp.run.id, { kind: "exact" });
  const pattern = "A: -?[$]?[0-9][0-9,.]*\\s*$";
  const regex = await rescore(client, byModel.run.id, { kind: "regex", parameters: { pattern } });
  // What the two must say is computed here by other means: no recorded answer is the bare number.
  const answers: Recorded[] = results.map(({ input }) => recorded.get(input) ?? assert.fail(input));
  const ending = new RegExp(pattern);
  assert.equal(exact.run.passed, 0);
  assert.equal(regex.run.passed, answers.filter(({ solution }) => ending.test(solution)).length);
  const judged = await judgedByHalfDown(client, byHttp.run.id, recorded);
  const asked = [bot.asked.length, models.log.length];
  assert.deepEqual(asked, [1_319, 1_319], "the endpoints' own logs: nothing was asked for the rescores");
  return [
    `${byHttp.run.passed} of ${byHttp.run.total} passed in ${byHttp.seconds} s, as published`,
    `the same through a model in OpenAI's format: ${byModel.run.passed} in ${byModel.seconds} s, ${calls} calls for ${cost}`,
    `rescored in ${exact.seconds} and ${regex.seconds} s: exact ${exact.run.passed}, regex ${regex.run.passed} passed`,
    judged,
    `the endpoints were asked ${asked.join(" and ")} times in all`,
  ].join("; ");
}

type Made = { id: string };
type Usage = { calls: number; cost: string };

async function modelEndpoint(client: Client, baseUrl: string): Promise<string> {
  const model = (await client.rest("POST", "/api/models", {
    ...{ name: "recorded", provider: "openai", model: "6b-finetuning", baseUrl, key: "sk-acceptance" },
    ...{ inputPrice: "0.15", outputPrice: "0.6" },
  })) as Made;
  const made = await client.rest("POST", "/api/model-endpoints", { name: "as a model", modelId: model.id });
  return (made as Made).id;
}
