import { z } from "zod";
import { Discard } from "../../jobs/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { conversationSettings } from "../conversations/settings.ts";
import { runMetric } from "../judges/index.ts";
import { endpointUnderTest } from "./endpoint-under-test.ts";

const workSchema = z.object({
  input: z.string(),
  expected: z.string().nullable(),
  /** Stored by an earlier attempt: the endpoint is not asked again. */
  output: z.string().nullable(),
  durationMs: z.int().nullable(),
  cost: z.number().nullable(),
  /** What metrics said on earlier attempts: they are not asked again. */
  evaluations: z.array(
    z.object({ metric: z.string(), passed: z.boolean(), score: z.number(), reason: z.string() }),
  ),
  evaluationAttempts: z.int(),
  /** Of a multi-turn test. */
  conversation: conversationSettings.nullable(),
  /** The run judges outputs of another one: it asks no endpoint. */
  isRescore: z.boolean(),
  endpoint: endpointUnderTest,
  metrics: z.array(runMetric),
});

export type Work = z.output<typeof workSchema>;

/**
 * Takes a result in hand: marks it running and reads what is needed, as the run keeps it. Undefined when it is done, or
 * another job's by now: the run was retried.
 */
export async function takeResult(
  tx: TenantTransaction,
  resultId: string,
  jobId: string,
): Promise<Work | undefined> {
  const { rows } = await tx.query({
    name: "evals_take",
    text: `update evals.test_results r set state = 'running', started_at = coalesce(r.started_at, clock_timestamp())
     from evals.test_runs t
     where r.id = $1 and r.job_id = $2 and r.state in ('queued', 'running')
       and t.organization_id = r.organization_id and t.id = r.test_run_id
     returning r.input, r.expected, r.output, r.conversation, r.duration_ms as "durationMs", r.cost::float8 as "cost",
       r.evaluation_attempts as "evaluationAttempts", t.source_run_id is not null as "isRescore", t.endpoint, t.metrics,
       -- Without an output nobody can have said anything yet.
       case when r.output is null then '[]'::jsonb else coalesce((
         select jsonb_agg(jsonb_build_object('metric', e.metric, 'passed', e.passed, 'score', e.score, 'reason', e.reason))
         from evals.evaluations e where e.organization_id = r.organization_id and e.test_result_id = r.id), '[]') end as evaluations`,
    values: [resultId, jobId],
  });
  if (rows[0] === undefined) return undefined;
  const work = workSchema.safeParse(rows[0]);
  if (work.success) return work.data;
  const [issue] = work.error.issues;
  // Written past the door, by SQL: another attempt would read the same.
  throw new Discard(
    `The run's endpoint or metrics cannot be used: /${issue?.path.join("/")} ${issue?.message}.`,
    "INVALID_ARGUMENT",
  );
}
