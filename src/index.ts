/** What a project of yours imports as "rowlock". */

export { createPool, type PoolOptions } from "./db/index.ts";
export {
  type Acted,
  type BackOff,
  type Batch,
  type BatchJob,
  type BatchMember,
  type BatchOptions,
  cancelJob,
  cancelJobs,
  countMatchingJobs,
  Discard,
  defineTask,
  findBatch,
  findJob,
  type JobInfo,
  type JobMatch,
  type LongContext,
  launchBatch,
  launchJob,
  launchJobFor,
  launchJobs,
  listBatches,
  listJobs,
  RetryLater,
  retryJob,
  retryJobs,
  type StepContext,
  type Task,
  type TransactionalContext,
} from "./jobs/index.ts";
export { createLogger, type Logger } from "./log.ts";
export {
  type ErrorCode,
  type Job,
  type JobState,
  type KeyMode,
  type LaunchOptions,
  RowlockError,
  readSettings,
  type Settings,
} from "./sdk/index.ts";
export { issueToken, type Member, type TenantTransaction, withTenant } from "./tenancy/index.ts";
