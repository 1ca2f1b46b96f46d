export { listTasks, syncCatalogue, type TaskInfo } from "./catalogue.ts";
export type { JobInfo, LongContext, TransactionalContext } from "./context.ts";
export { type BackOff, defineTask, isTask, type Task, type TaskDefinition } from "./define-task.ts";
export { findJob, type JobFilter, listJobs } from "./find.ts";
export { type BulkOptions, launchJob, launchJobFor, launchJobs, type SqlClient } from "./launch.ts";
export type { Outcome } from "./run/outcome.ts";
export { runJob } from "./run/run-job.ts";
export { Discard, RetryLater } from "./task-errors.ts";
