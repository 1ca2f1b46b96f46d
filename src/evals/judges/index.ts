/** Who judges: the deterministic metrics by themselves, and models for what only a reader can say. */
export type { AskModel, ModelQuestion } from "./ask-model.ts";
export { judgeByModel } from "./by-model.ts";
export { deterministicJudge } from "./deterministic.ts";
export type { Judge, Judged } from "./judge.ts";
export { type ModelMetric, modelMetricSchema } from "./kinds.ts";
export { JudgeUnavailable } from "./unavailable.ts";
