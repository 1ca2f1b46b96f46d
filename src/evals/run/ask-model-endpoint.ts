import type { LongContext } from "../../jobs/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { askModel, type Model, ModelError, recordUsage } from "../models/index.ts";
import { maxOutputLength, renderPrompt, storable } from "../request/index.ts";
import type { Answer } from "./answer.ts";
import type { ModelEndpoint } from "./endpoint-under-test.ts";

/**
 * Asks a model that is itself the endpoint under test.
 * @param allow ranges that may be reached although not public
 * @throws ModelError, RowlockError INTERNAL_ADDRESS or INVALID_ARGUMENT
 */
export async function askModelEndpoint(
  { endpoint, model }: { endpoint: ModelEndpoint; model: Model },
  input: string,
  resultId: string,
  { job, transaction, signal }: LongContext,
  allow: readonly string[],
): Promise<Answer> {
  const prompt = renderPrompt(endpoint.requestTemplate, input);
  const started = performance.now();
  const answer = await askModel(model, { ...prompt, signal, allow, idempotencyKey: `${job.id}/endpoint` });
  const durationMs = performance.now() - started;
  const usageOf = { model, purpose: "endpoint", jobId: job.id, testResultId: resultId } as const;
  const record = async (tx: TenantTransaction) => {
    await recordUsage(tx, usageOf, answer);
    await tx.query(
      "update evals.test_results set input_tokens = $2, output_tokens = $3, cost = $4 where id = $1 and state = 'running'",
      [resultId, answer.usage.inputTokens, answer.usage.outputTokens, answer.cost],
    );
  };
  const cost = answer.cost === null ? null : Number(answer.cost);
  if (answer.text.length > maxOutputLength) {
    await transaction(record);
    throw new ModelError(
      "answer",
      `The output of the model "${model.name}" has ${answer.text.length} characters, more than ${maxOutputLength}.`,
    );
  }
  const nothingElse = { context: null, toolCalls: null, conversationId: null };
  return { output: storable(answer.text), ...nothingElse, durationMs, cost, record };
}
