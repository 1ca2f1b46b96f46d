export { readSettings, type Settings, settingsSchema } from "./config.ts";
export {
  type ErrorCode,
  errorRegistry,
  fromDatabase,
  type Issue,
  isInfrastructureError,
  RowlockError,
  sqlstateOf,
} from "./errors.ts";
export {
  bounds,
  type EndState,
  endStates,
  type Job,
  type JobState,
  type KeyMode,
  keyModes,
  type LaunchOptions,
  type LiveState,
  liveStates,
  type MemberRole,
  memberRoles,
  type TaskKind,
} from "./job.ts";
export { isCompiled, packageRoot, packageVersion } from "./package-root.ts";
