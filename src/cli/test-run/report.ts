import { z } from "zod";
import { result } from "../remote/schemas.ts";

const named = z.object({ id: z.string(), name: z.string() });

/** What `rowlock test-run --json` writes. Fields may be added; a change of what is here is another `version`. */
export const testReport = z.object({
  version: z.literal(1),
  run: z.object({
    id: z.string(),
    state: z.enum(["queued", "running", "completed", "partial", "failed", "cancelled"]),
    testSet: named,
    endpoint: named,
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  }),
  counts: z.object({
    total: z.int(),
    passed: z.int(),
    failed: z.int(),
    errored: z.int(),
    cancelled: z.int(),
  }),
  /** Passed of those judged, 0 to 1; null while none is. */
  passRate: z.number().min(0).max(1).nullable(),
  /** The run compared with; null without one. */
  baseline: z.object({ runId: z.string(), passRate: z.number().nullable() }).nullable(),
  /** Results that failed and had passed in the baseline. Empty unless it was asked for. */
  regressions: z.array(z.object({ testId: z.string(), position: z.int() })),
  gate: z.object({
    failUnder: z.number().nullable(),
    failOnRegression: z.boolean(),
    /** What the command ended with: 0, 1 or 3. */
    exitCode: z.int(),
    /** Why it is not 0, in words. */
    reasons: z.array(z.string()),
  }),
  results: z.array(
    result.extend({ state: z.enum(["queued", "running", "passed", "failed", "errored", "cancelled"]) }),
  ),
});

export type TestReport = z.output<typeof testReport>;
export type ReportedResult = TestReport["results"][number];

/** Why a result is as it is, in one line. */
export function reasonOf({ error, evaluations }: ReportedResult): string {
  if (error !== null) return `${error.code}: ${error.message}`;
  return evaluations
    .filter(({ passed }) => !passed)
    .map(({ metric, reason }) => `${metric}: ${reason}`)
    .join("; ");
}

/** What the endpoint said; of a conversation how long it was, too. */
export function outputOf({ output, turns }: Pick<ReportedResult, "output" | "turns">): string {
  if (turns == null) return output ?? "";
  return `${turns} ${turns === 1 ? "turn" : "turns"}: ${output ?? ""}`;
}

export function percent(rate: number | null): string {
  return rate === null ? "none judged" : `${(rate * 100).toFixed(1)} %`;
}

/** In one line and at most so long. */
export function cut(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  const characters = [...line];
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : line;
}
