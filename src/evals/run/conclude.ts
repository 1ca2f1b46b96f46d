import { type LongContext, RetryLater } from "../../jobs/index.ts";
import { type ErrorCode, RowlockError } from "../../sdk/index.ts";
import { type Judge, JudgeUnavailable } from "../judges/index.ts";
import type { Subject } from "../metrics/index.ts";
import type { Conclusion, Evaluation } from "./conclusion.ts";
import { longestWaitMs } from "./may-pass.ts";
import type { Work } from "./work.ts";

/**
 * How often a judge is put off before its silence is an error: after 5, 10, 20 and then always 30 seconds, some ten
 * minutes in all. One that answers and gives no verdict is paid each time, so it is asked three times.
 */
const patience = 30;
const patienceWithNoVerdict = 10;
const firstWaitMs = 5_000;
const longestOwnWaitMs = 30_000;
const leastWaitMs = 1_000;

/** They say something of the job and nothing of a metric. */
const ofTheJob = new Set<ErrorCode>(["JOB_LOST", "CANCELLED", "DATABASE_UNAVAILABLE"]);

export type Judging = {
  judge: Judge;
  context: LongContext;
  resultId: string;
  /** Stores verdicts before anything else is asked. */
  keep(evaluations: Evaluation[]): Promise<void>;
  /** Stores verdicts, and that a judge was put off. */
  putOff(evaluations: Evaluation[], patience: number): Promise<void>;
};

/**
 * Judges an output by every metric of the run that has not said its word yet. One that cannot judge is an error, not a
 * failed test; the words of the others stand.
 * @throws RetryLater when a judge cannot be had for the moment: what was said is stored, and only the rest is asked again
 */
export async function conclude(
  work: Work & Pick<Subject, "transcript">,
  output: string,
  { judge, context, resultId, ...by }: Judging,
): Promise<Conclusion> {
  const known = new Set(work.evaluations.map(({ metric }) => metric));
  const open = work.metrics.filter(({ name }) => !known.has(name));
  // Those that ask nobody come first: where one of them cannot judge, nobody is asked in vain.
  const inOrder = [...open.filter((one) => !judge.asks(one)), ...open.filter((one) => judge.asks(one))];
  const { input, expected, durationMs, cost, transcript } = work;
  const subject = { input, expected, output, durationMs, cost, transcript };
  const call = { context, resultId, putOffs: work.evaluationAttempts };
  const said = [...work.evaluations];
  let fresh: Evaluation[] = [];
  const missing: { metric: string; error: JudgeUnavailable }[] = [];

  for (const metric of inOrder) {
    if (judge.asks(metric) && fresh.length > 0) {
      await by.keep(fresh);
      fresh = [];
    }
    try {
      const evaluation = { metric: metric.name, ...(await judge.judge(metric, subject, call)) };
      said.push(evaluation);
      fresh.push(evaluation);
    } catch (error) {
      if (context.signal.aborted || !(error instanceof RowlockError) || ofTheJob.has(error.code)) throw error;
      if (!(error instanceof JudgeUnavailable)) return cannot(metric.name, error, fresh);
      missing.push({ metric: metric.name, error });
    }
  }
  const [first] = missing;
  if (first === undefined) {
    const passed = said.every((evaluation) => evaluation.passed);
    return { state: passed ? "passed" : "failed", evaluations: fresh };
  }
  const taken = missing.some(({ error }) => error.answered) ? patienceWithNoVerdict : 1;
  const waitMs = Math.max(
    leastWaitMs,
    ...missing.map(({ error }) => error.retryAfterMs ?? ownWaitMs(work.evaluationAttempts)),
  );
  if (work.evaluationAttempts + taken >= patience || waitMs > longestWaitMs) {
    return cannot(first.metric, first.error, fresh);
  }
  await by.putOff(fresh, taken);
  throw new RetryLater(
    `Metric "${first.metric}" cannot judge for the moment: ${first.error.message}`,
    waitMs,
  );
}

function cannot(metric: string, error: RowlockError, evaluations: Evaluation[]): Conclusion {
  const message = `Metric "${metric}": ${error.message}`;
  return { state: "errored", code: "EVALUATION_ERROR", message, evaluations };
}

/** Half of it by chance: tests that a judge put off together must not come back together. */
function ownWaitMs(attempts: number): number {
  return Math.min(firstWaitMs * 2 ** attempts, longestOwnWaitMs) * (0.5 + Math.random() / 2);
}
