import type { Metric, Subject, Verdict } from "../metrics/index.ts";
import type { ModelMetric } from "./kinds.ts";

/** What is judged by: of itself, or by a model. */
export type Judged = Metric | ModelMetric;

/** Who applies a run's metrics to an output. */
export type Judge = {
  /** Whether this metric asks somebody outside. Its verdict cost something, and is stored as soon as it is there. */
  asks(metric: Judged): boolean;
  /**
   * One metric's word on one output.
   * @throws JudgeUnavailable when asking again later may help; any other RowlockError when the metric cannot judge
   *   this output. Neither is a failed test
   */
  judge(metric: Judged, subject: Subject, options: { signal: AbortSignal }): Promise<Verdict>;
};
