import type { TenantTransaction } from "../../tenancy/index.ts";
import { storable } from "../request/index.ts";
import type { Answer } from "./answer.ts";
import type { Conclusion, Evaluation } from "./conclusion.ts";
import { outputValues } from "./output.ts";

/** Stores what metrics said of a result that is under way. What was said before stands. */
export async function storeEvaluations(
  tx: TenantTransaction,
  resultId: string,
  evaluations: readonly Evaluation[],
): Promise<void> {
  if (evaluations.length === 0) return;
  await tx.query(
    `insert into evals.evaluations (test_result_id, metric, passed, score, category, reason)
     select $1, e.metric, e.passed, e.score, e.category, e.reason
     from jsonb_to_recordset($2) as e(metric text, passed boolean, score float8, category text, reason text)
     on conflict do nothing`,
    [resultId, toRows(evaluations)],
  );
  await recordAll(tx, evaluations);
}

/** What they cost, in the transaction that stores them. */
async function recordAll(tx: TenantTransaction, evaluations: readonly Evaluation[]): Promise<void> {
  for (const { record } of evaluations) await record?.(tx);
}

function toRows(evaluations: readonly Evaluation[]): string {
  return JSON.stringify(
    evaluations.map(({ metric, passed, score, category, reason }) => ({
      metric,
      passed,
      score,
      category,
      reason: storable(reason),
    })),
  );
}

/**
 * Stores what was said, and that a judge was put off: the result waits with its output.
 * @param patience how much of what there is for this result it took
 */
export async function storePutOff(
  tx: TenantTransaction,
  resultId: string,
  evaluations: readonly Evaluation[],
  patience: number,
): Promise<void> {
  await storeEvaluations(tx, resultId, evaluations);
  await tx.query(
    "update evals.test_results set evaluation_attempts = evaluation_attempts + $2 where id = $1 and state = 'running'",
    [resultId, patience],
  );
}

/**
 * Writes the verdicts and the result's state in one statement. A result that is closed stays as it is.
 * @param answer what the endpoint said, unless it is stored
 */
export async function storeConclusion(
  tx: TenantTransaction,
  resultId: string,
  conclusion: Conclusion,
  answer?: Answer,
): Promise<void> {
  const errored = conclusion.state === "errored" ? conclusion : undefined;
  await tx.query({
    name: "evals_conclude",
    text: `with closed as (
       update evals.test_results set state = $2, error_code = $3, error_message = left($4, 2000),
         finished_at = clock_timestamp(), output = coalesce($6, output), duration_ms = coalesce($7, duration_ms),
         context = coalesce($8, context), tool_calls = coalesce($9, tool_calls), conversation_id = coalesce($10, conversation_id)
       where id = $1 and state = 'running' returning id)
     insert into evals.evaluations (test_result_id, metric, passed, score, category, reason)
     select c.id, e.metric, e.passed, e.score, e.category, e.reason
     from closed c, jsonb_to_recordset($5) as e(metric text, passed boolean, score float8, category text, reason text)
     on conflict do nothing`,
    values: [
      resultId,
      conclusion.state,
      errored?.code ?? null,
      errored === undefined ? null : storable(errored.message),
      toRows(conclusion.evaluations),
      ...(answer === undefined ? [null, null, null, null, null] : outputValues(answer)),
    ],
  });
  await recordAll(tx, conclusion.evaluations);
}
