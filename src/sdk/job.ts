/**
 * The words of the field, used alike in SQL, GraphQL, REST and TypeScript.
 *
 * - task: what can be done, defined once in a file under `tasks/`
 * - job: one run of a task for one organization, with its payload, state and result
 * - attempt: one try at a job; a failed attempt may be followed by another
 * - organization: the tenant; every job belongs to one
 */

/** Unfinished states live in `rowlock.live`, ended ones in `rowlock.job_end`; `docs/jobs.md` draws the moves. */
export const liveStates = ["scheduled", "blocked", "waiting", "queued", "running"] as const;
export const endStates = ["succeeded", "failed", "cancelled"] as const;
export type LiveState = (typeof liveStates)[number];
export type EndState = (typeof endStates)[number];
export type JobState = LiveState | EndState;

/** Roles inside an organization, from most to least. Viewers read and launch nothing. */
export const memberRoles = ["owner", "admin", "member", "viewer"] as const;
export type MemberRole = (typeof memberRoles)[number];

/**
 * transactional: one tenant transaction around the handler; its writes, the result and the job's end commit together.
 * long: for what waits on the outside; no connection is held, writes go through short fenced transactions.
 */
export type TaskKind = "transactional" | "long";

/** Bounds checked at the door; the same numbers stand in `sql/kernel`. */
export const bounds = {
  payloadBytes: 256 * 1024,
  keyLength: 200,
  priority: { min: -100, max: 100 },
  runAtHorizonDays: 366,
  maxAttempts: 100,
  tags: 20,
  tagLength: 50,
} as const;

export const keyModes = ["keep", "replace", "debounce"] as const;
export type KeyMode = (typeof keyModes)[number];

/** Options of a launch. All are optional. */
export type LaunchOptions = {
  /** De-duplicates among the organization's unfinished jobs of this task, as `keyMode` says. At most 200 characters. */
  key?: string | undefined;
  /**
   * What becomes of an unfinished job with the key. keep (default): it stays, and its id is returned. replace: while it
   * has not begun, this one takes its place, at its time. debounce: while it has not begun, this one takes its place and
   * waits its own time from now on.
   */
  keyMode?: KeyMode | undefined;
  /** Failed with DEADLINE_EXCEEDED if it has not ended by then. Default: `runAt` and the task's `deadlineMs`. */
  deadline?: Date | undefined;
  /** Jobs of the organization: blocked until all of them have ended. */
  dependsOn?: readonly string[] | undefined;
  /** What becomes of the job when one of those does not succeed: it is cancelled (default), or goes on. */
  ifFailed?: "cancel" | "go on" | undefined;
  /** A batch of the organization that is not complete: the job becomes one of it. */
  batchId?: string | undefined;
  /** Not before this moment; at most 366 days ahead. */
  runAt?: Date | undefined;
  /** -100 to 100, lower first, as in Graphile Worker. Default 0. */
  priority?: number | undefined;
  /** Instead of the task's own number of attempts, 1 to 100. */
  maxAttempts?: number | undefined;
  /** Words to find the job by: at most 20, each of 1 to 50 characters. One that `keyMode` keeps has its own. */
  tags?: readonly string[] | undefined;
};

/** A job as REST and the client show it. Times are ISO 8601. */
export type Job = {
  id: string;
  task: string;
  state: JobState;
  payload: unknown;
  key: string | null;
  priority: number;
  attempt: number;
  maxAttempts: number;
  progress: { fraction: number; note: string | null } | null;
  result: unknown;
  error: { code: string; message: string } | null;
  /** The same for errors that differ only in numbers, ids and quoted texts; null without an error. */
  errorFingerprint: string | null;
  tags: string[];
  userId: string | null;
  source: string;
  /** The batch it is one of. */
  batchId: string | null;
  createdAt: string;
  runAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** Failed if it has not ended by then. */
  deadline: string | null;
  /** Since when a job at work is to be cancelled. */
  cancelRequestedAt: string | null;
};
