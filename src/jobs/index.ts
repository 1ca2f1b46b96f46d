export { type AuditEntry, listAudit } from "./audit.ts";
export {
  type Batch,
  type BatchJob,
  type BatchMember,
  type BatchOptions,
  findBatch,
  launchBatch,
  listBatches,
} from "./batches.ts";
export { listTasks, syncCatalogue, type TaskInfo } from "./catalogue.ts";
export { noteChange, tellChanges, tellThrough } from "./changes.ts";
export type { JobInfo, LongContext, StepContext, TransactionalContext } from "./context.ts";
export {
  type Acted,
  cancelJob,
  cancelJobs,
  countMatchingJobs,
  type JobMatch,
  retryJob,
  retryJobs,
} from "./control.ts";
export { type BackOff, defineTask, isTask, type Task, type TaskDefinition } from "./define-task.ts";
export { findJob, type JobFilter, listJobs } from "./find.ts";
export { type FindJobs, type Found, findJobIds, findJobs } from "./find-jobs.ts";
export type { Finish } from "./finish.ts";
export { type DispatcherOptions, type Dispatching, startDispatcher } from "./keep/dispatcher.ts";
export { type Speeds, watchSpeeds } from "./keep/speeds.ts";
export { type BulkOptions, launchJob, launchJobFor, launchJobs, type SqlClient } from "./launch.ts";
export { type Launched, type LaunchRequest, launchOnce } from "./launch-once.ts";
export { countJobs, type Overview, readOverview } from "./overview.ts";
export { listPauses, type Pause, pauseJobs, resumeJobs } from "./pauses.ts";
export type { Outcome } from "./run/outcome.ts";
export { runBundle } from "./run/run-bundle.ts";
export { runJob } from "./run/run-job.ts";
export { Relay } from "./run/run-transactional.ts";
export { jobsUnderWay, stopCancelled } from "./run/under-way.ts";
export { nextTick, nextTicks, type Timing } from "./schedules/cron.ts";
export { fanOut, runDueSchedules, type Ticked } from "./schedules/run-due.ts";
export {
  createSchedule,
  deleteSchedule,
  findSchedule,
  getSchedule,
  listSchedules,
  previewTicks,
  runSchedule,
  type Schedule,
  type ScheduleFields,
  updateSchedule,
} from "./schedules/schedules.ts";
export { Discard, RetryLater } from "./task-errors.ts";
export { nameOf, type TaskReference } from "./task-reference.ts";
export { readViewer, type Viewer } from "./viewer.ts";
