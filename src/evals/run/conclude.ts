import { RetryLater } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import { type Judge, type Judged, JudgeUnavailable } from "../judges/index.ts";
import type { Subject } from "../metrics/index.ts";
import type { Conclusion, Evaluation } from "./conclusion.ts";
import type { Work } from "./work.ts";

/** How often a judge is put off before its silence is an error: after 5, 10, 20, 40 and 80 seconds. */
const maxAttempts = 6;
const firstWaitMs = 5_000;

/** What is judged, by what, and what was said of it before. */
type Judgeable = Omit<Work, "metrics"> &
  Pick<Subject, "transcript"> & { metrics: readonly (Judged & { name: string })[] };

export type Judging = {
  judge: Judge;
  signal: AbortSignal;
  /** Stores verdicts before anything else is asked. */
  keep(evaluations: Evaluation[]): Promise<void>;
  /** Stores verdicts, and that a judge was put off once more. */
  putOff(evaluations: Evaluation[]): Promise<void>;
};

/**
 * Judges an output by every metric of the run that has not said its word yet. One that cannot judge is an error, not a
 * failed test; the words of the others stand.
 * @throws RetryLater when a judge cannot be had for the moment: what was said is stored, and only the rest is asked again
 */
export async function conclude(
  work: Judgeable,
  output: string,
  { judge, ...by }: Judging,
): Promise<Conclusion> {
  const known = new Set(work.evaluations.map(({ metric }) => metric));
  const open = work.metrics.filter(({ name }) => !known.has(name));
  // Those that ask nobody come first: where one of them cannot judge, nobody is asked in vain.
  const inOrder = [...open.filter((one) => !judge.asks(one)), ...open.filter((one) => judge.asks(one))];
  const subject = {
    input: work.input,
    expected: work.expected,
    output,
    durationMs: work.durationMs,
    cost: work.cost,
    transcript: work.transcript,
  };
  const said = [...work.evaluations];
  let fresh: Evaluation[] = [];
  let missing: { metric: string; error: JudgeUnavailable } | undefined;

  for (const metric of inOrder) {
    if (judge.asks(metric) && fresh.length > 0) {
      await by.keep(fresh);
      fresh = [];
    }
    try {
      const evaluation = { metric: metric.name, ...(await judge.judge(metric, subject, by)) };
      said.push(evaluation);
      fresh.push(evaluation);
    } catch (error) {
      if (by.signal.aborted || !(error instanceof RowlockError)) throw error;
      if (!(error instanceof JudgeUnavailable)) return cannot(metric.name, error, fresh);
      missing ??= { metric: metric.name, error };
    }
  }
  if (missing === undefined) {
    const passed = said.every((evaluation) => evaluation.passed);
    return { state: passed ? "passed" : "failed", evaluations: fresh };
  }
  if (work.evaluationAttempts + 1 >= maxAttempts) return cannot(missing.metric, missing.error, fresh);
  await by.putOff(fresh);
  throw new RetryLater(
    `Metric "${missing.metric}" cannot judge for the moment: ${missing.error.message}`,
    missing.error.retryAfterMs ?? waitMs(work.evaluationAttempts),
  );
}

function cannot(metric: string, error: RowlockError, evaluations: Evaluation[]): Conclusion {
  const message = `Metric "${metric}": ${error.message}`;
  return { state: "errored", code: "EVALUATION_ERROR", message, evaluations };
}

/** Half of it by chance: tests that a judge put off together must not come back together. */
function waitMs(attempts: number): number {
  return firstWaitMs * 2 ** attempts * (0.5 + Math.random() / 2);
}
