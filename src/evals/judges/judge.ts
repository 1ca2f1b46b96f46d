import type { LongContext } from "../../jobs/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import type { Subject, Verdict } from "../metrics/index.ts";
import type { RunMetric } from "./run-metric.ts";

/** A verdict, and what has to be written in the transaction that stores it. */
export type Judgement = Verdict & { record?: (tx: TenantTransaction) => Promise<void> };

/** Of which result a judge is asked, and how often one was put off for it before. */
export type JudgeCall = { context: LongContext; resultId: string; putOffs: number };

/** Who applies a run's metrics to an output. */
export type Judge = {
  /** Whether this metric asks somebody outside. Its verdict cost something, and is stored as soon as it is there. */
  asks(metric: RunMetric): boolean;
  /**
   * One metric's word on one output.
   * @throws JudgeUnavailable when asking again later may help; any other RowlockError when the metric cannot judge
   *   this output. Neither is a failed test
   */
  judge(metric: RunMetric, subject: Subject, call: JudgeCall): Promise<Judgement>;
};
