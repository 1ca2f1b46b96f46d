import type { LongContext } from "../../jobs/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { askModel, type Model, ModelError, recordUsage } from "../models/index.ts";
import { maxOutputLength, renderMessages, renderPrompt, storable } from "../request/index.ts";
import type { Answer } from "./answer.ts";
import type { ModelEndpoint } from "./endpoint-under-test.ts";
import type { Question } from "./question.ts";

/**
 * Asks a model that is itself the endpoint under test.
 * @param allow ranges that may be reached although not public
 * @throws ModelError, RowlockError INTERNAL_ADDRESS or INVALID_ARGUMENT
 */
export async function askModelEndpoint(
  { endpoint, model }: { endpoint: ModelEndpoint; model: Model },
  { input, said }: Question,
  resultId: string,
  { job, transaction, signal }: LongContext,
  allow: readonly string[],
): Promise<Answer> {
  const { requestTemplate } = endpoint;
  const prompt =
    said === undefined
      ? renderPrompt(requestTemplate, input)
      : renderMessages(requestTemplate, said.messages);
  const part = said === undefined ? "" : `/${said.messages.length}`;
  const started = performance.now();
  const answer = await askModel(model, {
    ...prompt,
    signal,
    allow,
    idempotencyKey: `${job.id}/endpoint${part}`,
  });
  const durationMs = performance.now() - started;
  const usageOf = { model, purpose: "endpoint", jobId: job.id, testResultId: resultId } as const;
  const record = async (tx: TenantTransaction) => {
    await recordUsage(tx, usageOf, answer);
    await tx.query(
      `update evals.test_results set input_tokens = coalesce(input_tokens + $2, input_tokens, $2),
         output_tokens = coalesce(output_tokens + $3, output_tokens, $3), cost = coalesce(cost + $4, cost, $4)
       where id = $1 and state = 'running'`,
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
  return { output: storable(answer.text), ...nothingElse, durationMs, cost, usage: answer.usage, record };
}
