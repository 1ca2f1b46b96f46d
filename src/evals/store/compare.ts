import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";

const outcome = z
  .enum(["passed", "failed", "errored", "cancelled", "unfinished", "missing"])
  .describe("Of all repetitions together: passed if each was. missing: the run has no such test")
  .meta({ id: "TestOutcome" });

const group = z
  .object({
    name: z.string(),
    tests: z.int(),
    passedBefore: z.int(),
    passedAfter: z.int(),
    fixed: z.int(),
    regressed: z.int(),
  })
  .meta({ id: "ComparisonGroup" });

/** Two runs side by side, test by test. */
export const comparison = z
  .object({
    beforeId: z.uuid(),
    afterId: z.uuid(),
    tests: z.int().describe("Of either run"),
    passedBefore: z.int(),
    passedAfter: z.int(),
    unchanged: z.int(),
    fixed: z.int().describe("Failed before, passed after"),
    regressed: z.int().describe("Passed before, failed after"),
    others: z.int().describe("Flips in which a test errored, was cancelled, is not finished, or is missing"),
    pValue: z
      .number()
      .nullable()
      .describe("McNemar's exact test on fixed and regressed; null without either"),
    significance: z.string().describe("The same in words"),
    flips: z.array(
      z.object({
        testId: z.uuid(),
        input: z.string(),
        category: z.string().nullable(),
        tags: z.array(z.string()),
        before: outcome,
        after: outcome,
        edited: z.boolean().describe("The test was changed in between"),
      }),
    ),
    byCategory: z.array(group),
    byTag: z.array(group),
  })
  .meta({ id: "TestRunComparison" });

export type Comparison = z.output<typeof comparison>;

/** Compares two runs. @throws RowlockError NOT_FOUND */
export async function compareRuns(tx: TenantTransaction, before: string, after: string): Promise<Comparison> {
  const found = await read(tx, "evals.compare_test_runs($1, $2)", [before, after]);
  if (found !== undefined) return found;
  throw new RowlockError(
    "NOT_FOUND",
    `There is no test run ${before} or no test run ${after} in this organization.`,
  );
}

/** Compares a run with its set's baseline, else with the run before it. @throws RowlockError NOT_FOUND, also without either */
export async function compareWithBaseline(tx: TenantTransaction, id: string): Promise<Comparison> {
  const call = "(select evals.test_runs_regressions(r) from evals.test_runs r where r.id = $1)";
  const found = await read(tx, call, [id]);
  if (found !== undefined) return found;
  throw new RowlockError(
    "NOT_FOUND",
    `There is no test run ${id} in this organization, or there is nothing to compare it with: neither a baseline of its test set (PUT /api/test-sets/{id}/baseline) nor a completed run before it.`,
  );
}

async function read(tx: TenantTransaction, call: string, values: string[]): Promise<Comparison | undefined> {
  const groups = (
    name: string,
  ) => `(select coalesce(jsonb_agg(jsonb_build_object('name', g.name, 'tests', g.tests,
    'passedBefore', g.passed_before, 'passedAfter', g.passed_after, 'fixed', g.fixed, 'regressed', g.regressed)), '[]')
    from unnest((c.it).${name}) g)`;
  const { rows } = await tx.query<{ comparison: unknown }>(
    `with c as materialized (select ${call} as it)
     select jsonb_build_object('beforeId', (c.it).before_id, 'afterId', (c.it).after_id, 'tests', (c.it).tests,
       'passedBefore', (c.it).passed_before, 'passedAfter', (c.it).passed_after, 'unchanged', (c.it).unchanged,
       'fixed', (c.it).fixed, 'regressed', (c.it).regressed, 'others', (c.it).others, 'pValue', (c.it).p_value,
       'significance', (c.it).significance,
       'flips', (select coalesce(jsonb_agg(jsonb_build_object('testId', f.test_id, 'input', f.input, 'category', f.category,
         'tags', f.tags, 'before', f.before, 'after', f.after, 'edited', f.edited)), '[]') from unnest((c.it).flips) f),
       'byCategory', ${groups("by_category")}, 'byTag', ${groups("by_tag")}) as comparison
     from c where (c.it).before_id is not null`,
    values,
  );
  const [row] = rows;
  return row === undefined ? undefined : comparison.parse(row.comparison);
}
