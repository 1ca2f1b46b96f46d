/** What a project of yours imports as "rowlock". */

export { createPool, type PoolOptions } from "./db/index.ts";
export {
  type BackOff,
  Discard,
  defineTask,
  findJob,
  type JobInfo,
  type LongContext,
  launchJob,
  launchJobFor,
  launchJobs,
  listJobs,
  RetryLater,
  type Task,
  type TransactionalContext,
} from "./jobs/index.ts";
export { createLogger, type Logger } from "./log.ts";
export {
  type ErrorCode,
  type Job,
  type JobState,
  type LaunchOptions,
  RowlockError,
  readSettings,
  type Settings,
} from "./sdk/index.ts";
export { issueToken, type Member, type TenantTransaction, withTenant } from "./tenancy/index.ts";
