import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";

/** What became of one test of a run in all its repetitions. */
export const testTally = z
  .object({
    testId: z.uuid(),
    position: z.int().describe("Of its first result"),
    input: z.string(),
    times: z.int().describe("How many results it has: the run's `repeat`"),
    passed: z.int(),
    failed: z.int(),
    errored: z.int(),
    cancelled: z.int(),
    unfinished: z.int(),
    flaky: z.boolean().describe("Passed in one repetition and failed in another"),
  })
  .meta({ id: "TestTally" });

export type TestTally = z.output<typeof testTally>;

/** The tests of a run in their order, a page at a time; `next` is what to pass as `after`. */
export async function listByTest(
  tx: TenantTransaction,
  runId: string,
  page: { first: number; after?: number | undefined },
): Promise<{ tests: TestTally[]; next: number | null }> {
  const { rows } = await tx.query(
    `select t.test_id as "testId", t.position, t.input, t.times, t.passed, t.failed, t.errored, t.cancelled, t.unfinished, t.flaky
     from evals.test_runs r cross join lateral evals.test_runs_by_test(r) t
     where r.id = $1 and t.position > $2 order by t.position limit $3`,
    [runId, page.after ?? -1, page.first + 1],
  );
  const tests = rows.slice(0, page.first).map((row) => testTally.parse(row));
  return { tests, next: rows.length > tests.length ? (tests.at(-1)?.position ?? null) : null };
}
