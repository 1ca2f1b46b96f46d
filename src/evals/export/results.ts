import type { TenantTransaction } from "../../tenancy/index.ts";
import { listResults, type TestResult } from "../store/results.ts";
import type { ExportFormat, Page } from "./file.ts";
import { tagsOf } from "./tests.ts";

export const resultColumns = [
  "position",
  "repetition",
  "testId",
  "testVersion",
  "state",
  "input",
  "expected",
  "category",
  "tags",
  "output",
  "reasons",
  "error",
  "durationMs",
  "inputTokens",
  "outputTokens",
  "cost",
  "attempts",
  "finishedAt",
] as const;

const atOnce = 500;

/** Results of a run in their order, behind a position: JSONL as the API gives them, CSV with the verdicts as one text. */
export async function pageOfResults(
  tx: TenantTransaction,
  runId: string,
  format: ExportFormat,
  after: number,
): Promise<Page> {
  const { results, next } = await listResults(tx, runId, { first: atOnce, after });
  return { rows: format === "csv" ? results.map(flat) : results, next };
}

function flat({ evaluations, error, tags, ...result }: TestResult): Record<string, unknown> {
  const reasons = evaluations.map(
    ({ metric, passed, reason }) => `${metric}: ${passed ? "passed" : "failed"}, ${reason}`,
  );
  return {
    ...result,
    tags: tagsOf(tags),
    reasons: reasons.join("\n"),
    error: error === null ? null : `${error.code}: ${error.message}`,
  };
}
