import type { Metric, Subject, Verdict } from "../metrics/index.ts";

/** Who applies a run's metrics to an output. */
export type Judge = {
  /** Whether this metric asks somebody outside. Its verdict cost something, and is stored as soon as it is there. */
  asks(metric: Metric): boolean;
  /**
   * One metric's word on one output.
   * @throws JudgeUnavailable when asking again later may help; any other RowlockError when the metric cannot judge
   *   this output. Neither is a failed test
   */
  judge(metric: Metric, subject: Subject, options: { signal: AbortSignal }): Promise<Verdict>;
};
