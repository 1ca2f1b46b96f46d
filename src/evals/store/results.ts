import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { iso } from "./runs.ts";

export const resultState = z
  .enum(["queued", "running", "passed", "failed", "errored", "cancelled"])
  .describe("errored: nobody could judge; that is not a failed test")
  .meta({ id: "TestResultState" });

/** One test of a run, with what each metric said. */
export const testResult = z
  .object({
    id: z.uuid(),
    testId: z.uuid(),
    position: z.int(),
    repetition: z.int().describe("1 to the run's `repeat`"),
    state: resultState,
    input: z.string(),
    expected: z.string().nullable(),
    output: z.string().nullable(),
    durationMs: z.int().nullable().describe("How long the endpoint took"),
    inputTokens: z.int().nullable(),
    outputTokens: z.int().nullable(),
    cost: z.number().nullable(),
    context: z.unknown().describe("By the endpoint's `responseMapping`; null for none"),
    toolCalls: z.unknown(),
    conversationId: z.string().nullable(),
    attempts: z.int().describe("How often the endpoint was called"),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    evaluations: z.array(
      z.object({ metric: z.string(), passed: z.boolean(), score: z.number(), reason: z.string() }),
    ),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "TestResult" });

export type TestResult = z.output<typeof testResult>;

/** Results of a run in the order of its tests, a page at a time; `next` is what to pass as `after`. */
export async function listResults(
  tx: TenantTransaction,
  runId: string,
  page: { first: number; after?: number | undefined; state?: string | undefined },
): Promise<{ results: TestResult[]; next: number | null }> {
  const { rows } = await tx.query<{ result: unknown }>(
    `select jsonb_build_object(
       'id', r.id, 'testId', r.test_id, 'position', r.position,
       'repetition', r.repetition, 'state', r.state, 'input', r.input,
       'expected', r.expected, 'output', r.output, 'durationMs', r.duration_ms,
       'inputTokens', r.input_tokens, 'outputTokens', r.output_tokens, 'cost', r.cost,
       'context', r.context, 'toolCalls', r.tool_calls, 'conversationId', r.conversation_id, 'attempts', r.attempts,
       'error', case when r.error_code is not null
         then jsonb_build_object('code', r.error_code, 'message', coalesce(r.error_message, '')) end,
       'evaluations', coalesce((
         select jsonb_agg(jsonb_build_object('metric', e.metric, 'passed', e.passed, 'score', e.score, 'reason', e.reason) order by e.metric)
         from evals.evaluations e where e.organization_id = r.organization_id and e.test_result_id = r.id), '[]'),
       'finishedAt', ${iso("r.finished_at")}) as result
     from evals.test_results r
     where r.test_run_id = $1 and r.position > $2 ${page.state === undefined ? "" : "and r.state = $4"}
     order by r.position limit $3`,
    [runId, page.after ?? -1, page.first + 1, ...(page.state === undefined ? [] : [page.state])],
  );
  const results = rows.slice(0, page.first).map((row) => testResult.parse(row.result));
  return { results, next: rows.length > results.length ? (results.at(-1)?.position ?? null) : null };
}
