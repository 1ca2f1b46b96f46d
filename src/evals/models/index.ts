/** Models of the organization: how they are kept, asked and counted. */
export { type AnsweredCall, type AskOptions, askModel, type ModelAnswer } from "./ask-model.ts";
export type { Message } from "./call-model.ts";
export type { Usage } from "./cost.ts";
export { keyPurpose, withKey } from "./key.ts";
export { recordUsage, type UsageOf } from "./ledger.ts";
export { defaultModel, findModel } from "./load-model.ts";
export {
  defaultPurposes,
  type Model,
  modelParameters,
  modelSchema,
  type Provider,
  type Purpose,
  price,
  providers,
  purposes,
  type StoredModel,
} from "./model.ts";
export { ModelError, type ModelFailure } from "./model-error.ts";
export { openModel } from "./open-model.ts";
