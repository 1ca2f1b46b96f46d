import type { Remote } from "../remote/client.ts";
import { type Result, type Run, runPage } from "../remote/schemas.ts";
import { readResults } from "./read-results.ts";

export type Comparison = { baseline: Run; regressions: Result[] } | undefined;

/**
 * Compares a run with the last completed one before it of the same test set and endpoint: what failed now and passed
 * then. Undefined when there is none. The one place that knows what a run is compared with.
 */
export async function compareWithBaseline(
  remote: Remote,
  run: Run,
  results: readonly Result[],
): Promise<Comparison> {
  const query = `testSetId=${run.testSetId}&endpointId=${run.endpointId}&state=completed&after=${run.id}&first=1`;
  const [baseline] = (await remote.get(runPage, `/api/test-runs?${query}`)).testRuns;
  if (baseline === undefined) return undefined;
  const passedThen = new Set<string>();
  for await (const { testId, state } of readResults(remote, baseline.id)) {
    if (state === "passed") passedThen.add(testId);
  }
  const regressions = results.filter(({ testId, state }) => state === "failed" && passedThen.has(testId));
  return { baseline, regressions };
}
