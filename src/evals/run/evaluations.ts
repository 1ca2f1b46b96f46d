import type { TenantTransaction } from "../../tenancy/index.ts";
import { storable } from "../request/index.ts";
import type { Conclusion, Evaluation } from "./conclusion.ts";

/** Stores what metrics said of a result that is under way. What was said before stands. */
export async function storeEvaluations(
  tx: TenantTransaction,
  resultId: string,
  evaluations: readonly Evaluation[],
): Promise<void> {
  if (evaluations.length === 0) return;
  const rows = evaluations.map(({ metric, passed, score, reason }) => ({
    metric,
    passed,
    score,
    reason: storable(reason),
  }));
  await tx.query(
    `insert into evals.evaluations (test_result_id, metric, passed, score, reason)
     select $1, e.metric, e.passed, e.score, e.reason
     from jsonb_to_recordset($2) as e(metric text, passed boolean, score float8, reason text)
     on conflict do nothing`,
    [resultId, JSON.stringify(rows)],
  );
}

/** Stores what was said, and that a judge was put off once more: the result waits with its output. */
export async function storePutOff(
  tx: TenantTransaction,
  resultId: string,
  evaluations: readonly Evaluation[],
): Promise<void> {
  await storeEvaluations(tx, resultId, evaluations);
  await tx.query(
    "update evals.test_results set evaluation_attempts = evaluation_attempts + 1 where id = $1 and state = 'running'",
    [resultId],
  );
}

/** Writes the verdicts and the result's state in one transaction. A result that is closed stays as it is. */
export async function storeConclusion(
  tx: TenantTransaction,
  resultId: string,
  conclusion: Conclusion,
): Promise<void> {
  const errored = conclusion.state === "errored" ? conclusion : undefined;
  const { rowCount } = await tx.query(
    `update evals.test_results set state = $2, error_code = $3, error_message = left($4, 2000), finished_at = clock_timestamp()
     where id = $1 and state = 'running'`,
    [
      resultId,
      conclusion.state,
      errored?.code ?? null,
      errored === undefined ? null : storable(errored.message),
    ],
  );
  if (rowCount !== 0) await storeEvaluations(tx, resultId, conclusion.evaluations);
}
