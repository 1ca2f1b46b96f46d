import assert from "node:assert/strict";
import { serveHalfDown } from "../../evals/half-down.ts";
import { allResults, type Client, type Result } from "../spine/client.ts";
import type { Recorded } from "../spine/gsm8k.ts";
import { rescore } from "./rescore.ts";

type Judged = Result & { evaluations: { passed: boolean; score: number }[] };
type Usage = { calls: number; withoutCost: number };

/** The outputs of a run judged by a model that knows what is right, and of whose calls half fail. */
export async function judgedByHalfDown(
  client: Client,
  runId: string,
  recorded: Map<string, Recorded>,
): Promise<string> {
  const seed = Number(process.env.ROWLOCK_SEED ?? 20_261_125);
  const isRight = (input: string) => recorded.get(input)?.is_correct === true;
  await using judge = await serveHalfDown(seed, ({ input }) => isRight(input));
  const model = (await client.rest("POST", "/api/models", {
    ...{ name: "half down", provider: "openai-compatible", model: "judge", baseUrl: `${judge.url}/local` },
    ...{ inputPrice: "0.15", outputPrice: "0.6" },
  })) as { id: string };
  const parameters = { instructions: "Is the output right?", threshold: 5, modelId: model.id };
  const { run, seconds } = await rescore(client, runId, { kind: "numeric", parameters });

  const results = (await allResults(client, run.id)) as Judged[];
  const lost = results.filter(({ evaluations }) => evaluations.length !== 1);
  const wrong = results.filter(({ input, state, evaluations }) => {
    const right = isRight(input);
    return state !== (right ? "passed" : "failed") || evaluations[0]?.score !== (right ? 10 : 1);
  });
  const failures = Object.values(judge.failed).reduce((sum, times) => sum + times);
  const usage = (await client.rest("GET", `/api/model-usage?testRunId=${run.id}`)) as Usage;
  const kinds = Object.entries(judge.failed).map(([kind, times]) => `${times} ${kind}`);
  const told =
    `seed ${seed}: judged by a model of whose ${judge.log.length} calls ${failures} failed (${kinds.join(", ")}) in ` +
    `${seconds} s: ${run.passed} passed, ${lost.length} verdicts lost, ${wrong.length} wrong, ` +
    `${usage.calls} calls in the ledger`;
  assert.deepEqual([run.passed, lost.length, wrong.length], [286, 0, 0], told);
  assert.equal(judge.log.length, 1_319 + failures, told);
  assert.ok(Math.abs(failures / judge.log.length - 0.5) < 0.05, told);
  // What was answered was paid for, of use or not; what failed was not.
  assert.deepEqual([usage.calls, usage.withoutCost], [1_319 + judge.failed["no verdict"], 0], told);
  return told;
}
