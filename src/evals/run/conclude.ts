import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { judge } from "../metrics/index.ts";
import { storable } from "./storable.ts";
import type { Work } from "./work.ts";

export type Conclusion =
  | { state: "passed" | "failed"; evaluations: { metric: string; passed: boolean; reason: string }[] }
  | { state: "errored"; code: string; message: string };

/** Judges an output by every metric of the run. One that cannot judge is an error, not a failed test. */
export function conclude(work: Work, output: string): Conclusion {
  const evaluations: { metric: string; passed: boolean; reason: string }[] = [];
  for (const { name, ...metric } of work.metrics) {
    try {
      const { passed, reason } = judge(metric, { expected: work.expected, output });
      evaluations.push({ metric: name, passed, reason });
    } catch (error) {
      if (!(error instanceof RowlockError)) throw error;
      return { state: "errored", code: "EVALUATION_ERROR", message: `Metric "${name}": ${error.message}` };
    }
  }
  return { state: evaluations.every(({ passed }) => passed) ? "passed" : "failed", evaluations };
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
  if (rowCount === 0 || conclusion.state === "errored") return;
  await tx.query(
    `insert into evals.evaluations (test_result_id, metric, passed, reason)
     select $1, e.metric, e.passed, e.reason
     from jsonb_to_recordset($2) as e(metric text, passed boolean, reason text)`,
    [resultId, JSON.stringify(conclusion.evaluations)],
  );
}
