import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { conversationEnd, conversationSettings } from "../conversations/settings.ts";
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
    testVersion: z.int().describe("Which version of its test was executed"),
    position: z.int(),
    repetition: z.int().describe("1 to the run's `repeat`"),
    state: resultState,
    kind: z.enum(["single_turn", "multi_turn"]),
    input: z.string().describe("Of a multi-turn test its goal"),
    expected: z.string().nullable(),
    category: z.string().nullable().describe("Of the test"),
    tags: z.array(z.string()),
    output: z.string().nullable(),
    durationMs: z
      .int()
      .nullable()
      .describe("How long the endpoint took; in a conversation for its slowest answer"),
    turns: z.int().nullable().describe("How many messages the user sent so far; null of a single turn"),
    inputTokens: z.int().nullable(),
    outputTokens: z.int().nullable(),
    cost: z.number().nullable(),
    context: z.unknown().describe("By the endpoint's `responseMapping`; null for none"),
    toolCalls: z.unknown(),
    conversationId: z.string().nullable(),
    attempts: z.int().describe("How often the endpoint was called"),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    evaluations: z.array(
      z.object({
        metric: z.string(),
        passed: z.boolean(),
        score: z.number(),
        category: z.string().nullable().describe("Of a metric of kind categorical"),
        reason: z.string(),
      }),
    ),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "TestResult" });

export type TestResult = z.output<typeof testResult>;

/** A result with all that was said. */
export const resultDetail = testResult
  .extend({
    testRunId: z.uuid(),
    conversation: conversationSettings.nullable(),
    conversationEnd: conversationEnd.nullable().describe("null while it is under way"),
    transcript: z
      .array(
        z.object({
          turn: z.int().describe("From 1; a message of the user's and its answer"),
          role: z.enum(["user", "assistant"]),
          content: z.string(),
          context: z.unknown(),
          toolCalls: z.unknown(),
          conversationId: z.string().nullable(),
          durationMs: z.int().nullable(),
          attempts: z.int().nullable().describe("How often the endpoint was called for it"),
          inputTokens: z.int().nullable(),
          outputTokens: z.int().nullable(),
          cost: z.number().nullable(),
          createdAt: z.iso.datetime(),
        }),
      )
      .nullable()
      .describe("null of a single turn"),
  })
  .meta({ id: "TestResultDetail" });

export type ResultDetail = z.output<typeof resultDetail>;

const resultJson = `jsonb_build_object(
       'id', r.id, 'testId', r.test_id, 'testVersion', r.test_version, 'position', r.position, 'kind', evals.test_results_kind(r),
       'repetition', r.repetition, 'state', r.state, 'input', r.input,
       'expected', r.expected, 'category', r.category, 'tags', r.tags, 'output', r.output, 'durationMs', r.duration_ms,
       'turns', case when r.conversation is not null then (
         select count(*) from evals.turns t
         where t.organization_id = r.organization_id and t.test_result_id = r.id and t.role = 'user') end,
       'inputTokens', r.input_tokens, 'outputTokens', r.output_tokens, 'cost', r.cost,
       'context', r.context, 'toolCalls', r.tool_calls, 'conversationId', r.conversation_id,
       -- While a conversation is under way, those of its answers stand with them.
       'attempts', r.attempts + case when r.conversation is not null and r.output is null then (
         select coalesce(sum(t.attempts), 0) from evals.turns t
         where t.organization_id = r.organization_id and t.test_result_id = r.id) else 0 end,
       'error', case when r.error_code is not null
         then jsonb_build_object('code', r.error_code, 'message', coalesce(r.error_message, '')) end,
       'evaluations', coalesce((
         select jsonb_agg(jsonb_build_object('metric', e.metric, 'passed', e.passed, 'score', e.score, 'category', e.category,
           'reason', e.reason) order by e.metric)
         from evals.evaluations e where e.organization_id = r.organization_id and e.test_result_id = r.id), '[]'),
       'finishedAt', ${iso("r.finished_at")})`;

/** One result. @throws RowlockError NOT_FOUND */
export async function findResult(tx: TenantTransaction, id: string): Promise<ResultDetail> {
  const { rows } = await tx.query<{ result: unknown }>(
    `select ${resultJson} || jsonb_build_object('testRunId', r.test_run_id, 'conversation', r.conversation,
       'conversationEnd', r.conversation_end, 'transcript', case when r.conversation is not null then coalesce((
         select jsonb_agg(jsonb_build_object('turn', t.position / 2 + 1, 'role', t.role, 'content', t.content,
           'context', t.context, 'toolCalls', t.tool_calls, 'conversationId', t.conversation_id,
           'durationMs', t.duration_ms, 'attempts', t.attempts, 'inputTokens', t.input_tokens,
           'outputTokens', t.output_tokens, 'cost', t.cost, 'createdAt', ${iso("t.created_at")}) order by t.position)
         from evals.turns t where t.organization_id = r.organization_id and t.test_result_id = r.id), '[]') end) as result
     from evals.test_results r where r.id = $1`,
    [id],
  );
  if (rows[0] !== undefined) return resultDetail.parse(rows[0].result);
  throw new RowlockError("NOT_FOUND", `There is no test result ${id} in this organization.`);
}

/** Results of a run in the order of its tests, a page at a time; `next` is what to pass as `after`. */
export async function listResults(
  tx: TenantTransaction,
  runId: string,
  page: { first: number; after?: number | undefined; state?: string | undefined },
): Promise<{ results: TestResult[]; next: number | null }> {
  const { rows } = await tx.query<{ result: unknown }>(
    `select ${resultJson} as result
     from evals.test_results r
     where r.test_run_id = $1 and r.position > $2 ${page.state === undefined ? "" : "and r.state = $4"}
     order by r.position limit $3`,
    [runId, page.after ?? -1, page.first + 1, ...(page.state === undefined ? [] : [page.state])],
  );
  const results = rows.slice(0, page.first).map((row) => testResult.parse(row.result));
  return { results, next: rows.length > results.length ? (results.at(-1)?.position ?? null) : null };
}
