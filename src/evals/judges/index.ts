/** Who judges: the deterministic metrics by themselves, and models for what only a reader can say. */
export type { Judge, JudgeCall, Judgement } from "./judge.ts";
export { modelJudge } from "./model-judge.ts";
export { type Question, questionOf } from "./question.ts";
export { type RunMetric, runMetric } from "./run-metric.ts";
export { JudgeUnavailable } from "./unavailable.ts";
