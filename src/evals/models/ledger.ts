import type { TenantTransaction } from "../../tenancy/index.ts";
import type { AnsweredCall } from "./ask-model.ts";
import type { Purpose, StoredModel } from "./model.ts";

/** What a call was for. A result's run is looked up. */
export type UsageOf = {
  model: StoredModel;
  purpose: Purpose;
  jobId?: string | undefined;
  testRunId?: string | undefined;
  testResultId?: string | undefined;
};

/**
 * Writes an answered call into the ledger. In the transaction that stores the answer: then a job that is killed in
 * between, and asks again, has its call counted once. Only jobs may.
 */
export async function recordUsage(
  tx: TenantTransaction,
  { model, purpose, jobId, testRunId, testResultId }: UsageOf,
  { usage, cost, idempotencyKey }: AnsweredCall,
): Promise<void> {
  // The model may be gone by now; what it was paid for stays.
  await tx.query(
    `insert into evals.model_usage (model_id, provider_model, purpose, job_id, test_result_id, test_run_id,
       input_tokens, output_tokens, cost, idempotency_key)
     values ((select id from evals.models where id = $1 for key share), $2, $3, $4, $5,
       coalesce($6, (select test_run_id from evals.test_results where id = $5)), $7, $8, $9, $10)
     on conflict (organization_id, idempotency_key) do nothing`,
    [
      model.id,
      `${model.provider}/${model.model}`,
      purpose,
      jobId ?? null,
      testResultId ?? null,
      testRunId ?? null,
      usage.inputTokens,
      usage.outputTokens,
      cost,
      idempotencyKey,
    ],
  );
}
