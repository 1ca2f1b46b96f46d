import type { LongContext } from "../../jobs/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { askModel, ModelError, recordUsage, withKey } from "../models/index.ts";
import { maxOutputLength, renderPrompt } from "../request/index.ts";
import type { KeyRing } from "../secrets/index.ts";
import type { Answer } from "./ask.ts";
import { storable } from "./storable.ts";
import type { ModelWork } from "./work.ts";

/**
 * Asks a model that is itself the endpoint under test.
 * @param allow ranges that may be reached although not public
 * @throws ModelError, RowlockError INTERNAL_ADDRESS, NOT_FOUND (the secret) or INVALID_ARGUMENT
 */
export async function askModelEndpoint(
  { endpoint, input }: ModelWork,
  resultId: string,
  { job, transaction, signal }: LongContext,
  { allow, ring }: { allow: readonly string[]; ring: KeyRing },
): Promise<Answer & Required<Pick<Answer, "record">>> {
  const prompt = renderPrompt(endpoint.requestTemplate, input);
  const stored = { ...endpoint.model, timeoutMs: endpoint.timeoutMs };
  const model = await transaction((tx) => withKey(tx, ring, stored));
  const started = performance.now();
  const answer = await askModel(model, { ...prompt, signal, allow, idempotencyKey: `${job.id}/endpoint` });
  const durationMs = performance.now() - started;
  const usageOf = { model: stored, purpose: "endpoint", jobId: job.id, testResultId: resultId } as const;
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
  return { output: storable(answer.text), durationMs, cost, record };
}
