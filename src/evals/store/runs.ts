import { z } from "zod";
import { fromDatabase, RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";

export const runState = z
  .enum(["queued", "running", "completed", "partial", "failed", "cancelled"])
  .describe("completed: all executed; partial: some errored; failed: all errored")
  .meta({ id: "TestRunState" });

const moment = z.iso.datetime();

/** A run with what its results say of it. */
export const testRun = z
  .object({
    id: z.uuid(),
    testSetId: z.uuid(),
    endpointId: z.uuid(),
    batchId: z
      .uuid()
      .describe("Its jobs, as GET /api/batches/{id} shows them; after a retry those that ran again"),
    sourceRunId: z.uuid().nullable().describe("The run whose outputs this one judges by other metrics"),
    repeat: z.int().describe("How often each test is executed"),
    concurrency: z.int().nullable().describe("How many tests at most at once; null: as many as workers take"),
    metrics: z.array(z.string()).describe("Names of the metrics that judge, as the run keeps them"),
    state: runState,
    total: z.int().describe("Its results: tests times repetitions"),
    queued: z.int(),
    running: z.int(),
    passed: z.int(),
    failed: z.int(),
    errored: z.int(),
    cancelled: z.int(),
    passRate: z.number().nullable().describe("Passed of those judged; null while there is none"),
    flaky: z.int().describe("Tests that passed in one repetition and failed in another"),
    p50Ms: z.int().nullable().describe("Half of the answers came within so many milliseconds"),
    p95Ms: z.int().nullable(),
    p99Ms: z.int().nullable(),
    inputTokens: z.int().nullable().describe("Null where no answer said how many"),
    outputTokens: z.int().nullable(),
    cost: z.number().nullable().describe("Of all answers of which it is known; null where of none"),
    createdAt: moment,
    startedAt: moment.nullable(),
    finishedAt: moment.nullable(),
  })
  .meta({ id: "TestRun" });

export type TestRun = z.output<typeof testRun>;

export type Execution = {
  testSetId: string;
  endpointId: string;
  /** Which metrics judge; undefined: those of the test set, and if it has none all of the organization. */
  metricIds?: string[] | undefined;
  /** How often each test is executed, 1 if not given. */
  repeat?: number | undefined;
  /** How many tests at most at once; 1: one after the other; undefined: as many as the workers take. */
  concurrency?: number | undefined;
};

/**
 * Executes a test set against an endpoint: a run with a result for each test and repetition, and a job for each result.
 * @throws RowlockError NOT_FOUND, NOT_ALLOWED, INVALID_ARGUMENT (a set without tests)
 */
export async function executeTestSet(tx: TenantTransaction, given: Execution): Promise<string> {
  return await idOf(tx, "select (evals.execute_test_set($1, $2, $3, $4, $5)).id", [
    given.testSetId,
    given.endpointId,
    given.metricIds ?? null,
    given.repeat ?? 1,
    given.concurrency ?? null,
  ]);
}

/**
 * Judges the outputs that a run has stored by other metrics, as a run of its own. The endpoint is not asked.
 * @throws RowlockError NOT_FOUND, NOT_ALLOWED; CONFLICT while the run is under way
 */
export async function rescoreTestRun(
  tx: TenantTransaction,
  id: string,
  metricIds?: string[],
): Promise<string> {
  return await idOf(tx, "select (evals.rescore_test_run($1, $2)).id", [id, metricIds ?? null]);
}

/**
 * Cancels all of a run that is not finished. Tests that have not begun are cancelled at once, those at work about a
 * second later; what was judged stays.
 * @throws RowlockError NOT_FOUND, NOT_ALLOWED; CONFLICT when the run is over and was not cancelled
 */
export async function cancelTestRun(tx: TenantTransaction, id: string, reason?: string): Promise<void> {
  await idOf(tx, "select (evals.cancel_test_run($1, $2)).id", [id, reason?.replaceAll("\0", "") ?? null]);
}

/**
 * Runs the tests of a run again that errored or were cancelled. An output that is stored is not asked for again.
 * @throws RowlockError NOT_FOUND, NOT_ALLOWED; CONFLICT when the run is under way, or every test was judged
 */
export async function retryTestRun(tx: TenantTransaction, id: string): Promise<void> {
  await idOf(tx, "select (evals.retry_test_run($1)).id", [id]);
}

/** Runs a statement that gives the id of a run. @throws RowlockError as the function it calls */
export async function idOf(tx: TenantTransaction, sql: string, values: unknown[]): Promise<string> {
  try {
    const { rows } = await tx.query<{ id: string }>(sql, values);
    return String(rows[0]?.id);
  } catch (error) {
    throw fromDatabase(error);
  }
}

/** Every run as `testRun` has it, in `run`; `r`, `c` and `s` are there for a `where`. */
export const selectRuns = `select jsonb_build_object(
    'id', r.id, 'testSetId', c.test_set_id, 'endpointId', c.endpoint_id, 'batchId', r.batch_id,
    'sourceRunId', r.source_run_id, 'repeat', r.repeat, 'concurrency', r.concurrency,
    'metrics', jsonb_path_query_array(r.metrics, '$[*].name'), 'state', s.state,
    'total', r.total, 'queued', s.queued, 'running', s.running, 'passed', s.passed, 'failed', s.failed, 'errored', s.errored,
    'cancelled', s.cancelled, 'passRate', s.pass_rate, 'flaky', s.flaky,
    'p50Ms', s.p50_ms, 'p95Ms', s.p95_ms, 'p99Ms', s.p99_ms, 'inputTokens', s.input_tokens,
    'outputTokens', s.output_tokens, 'cost', s.cost, 'createdAt', ${iso("r.created_at")},
    'startedAt', ${iso("s.started_at")}, 'finishedAt', ${iso("s.finished_at")}) as run
  from evals.test_runs r
  join evals.test_configurations c on c.organization_id = r.organization_id and c.id = r.test_configuration_id
  cross join lateral evals.test_runs_summary(r) s`;

/** @throws RowlockError NOT_FOUND */
export async function findRun(tx: TenantTransaction, id: string): Promise<TestRun> {
  const { rows } = await tx.query<{ run: unknown }>(`${selectRuns} where r.id = $1`, [id]);
  const [row] = rows;
  if (row === undefined)
    throw new RowlockError("NOT_FOUND", `There is no test run ${id} in this organization.`);
  return testRun.parse(row.run);
}

/** A moment as ISO 8601 in UTC, made by the database. */
export function iso(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
