import type { Remote } from "../remote/client.ts";
import { comparison, type Result, type Run, run } from "../remote/schemas.ts";

export type Comparison = { baseline: Run; regressions: Result[] } | undefined;

/**
 * What failed now and passed in the run that the API compares with: the baseline of the test set, else the last completed
 * run before. Undefined when there is neither.
 */
export async function compareWithBaseline(
  remote: Remote,
  { id }: Run,
  results: readonly Result[],
): Promise<Comparison> {
  const compared = await remote.find(comparison, `/api/test-runs/${id}/regressions`);
  if (compared === undefined) return undefined;
  const worse = new Set(
    compared.flips
      .filter(({ before, after }) => before === "passed" && after === "failed")
      .map(({ testId }) => testId),
  );
  return {
    baseline: await remote.get(run, `/api/test-runs/${compared.beforeId}`),
    regressions: results.filter(({ testId, state }) => state === "failed" && worse.has(testId)),
  };
}
