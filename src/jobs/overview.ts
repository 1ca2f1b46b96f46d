import type { JobState } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";
import { ask } from "./ask.ts";

/** Milliseconds, at most a tenth off; null when nothing ended. */
export type Percentiles = { p50: number | null; p95: number | null; p99: number | null };

/** What the organization's jobs do. */
export type Overview = {
  /** Jobs by state, now; states without any are left out. */
  states: { state: JobState; jobs: number }[];
  /** How many ended in each minute, oldest first; the last is the one under way. */
  perMinute: { minute: string; succeeded: number; failed: number; cancelled: number }[];
  /** From being due to being begun, of jobs that ended in these minutes. */
  wait: Percentiles;
  /** From being begun to the end. */
  run: Percentiles;
  oldestWaitingSeconds: number | null;
  /** At most 20, the newest first: of the newest 500 failed jobs, those that failed in these minutes. */
  errors: {
    fingerprint: string;
    task: string;
    code: string;
    message: string | null;
    jobs: number;
    lastAt: string;
    lastJobId: string;
  }[];
};

/**
 * All of an overview but the states, which `countJobs` counts: two questions that may be asked side by side.
 * @param minutes 1 to 1,440. @throws RowlockError INVALID_ARGUMENT
 */
export async function readOverview(tx: TenantTransaction, minutes = 60): Promise<Omit<Overview, "states">> {
  const [row] = await ask<{ overview: Omit<Overview, "states"> }>(
    tx,
    "select rowlock.read_overview($1) as overview",
    [minutes],
  );
  if (row === undefined) throw new Error("The overview has no row.");
  return row.overview;
}

/** How many jobs of the organization are in each state, now; states without any are left out. */
export async function countJobs(tx: TenantTransaction): Promise<Overview["states"]> {
  return await ask(tx, "select state, jobs::int as jobs from rowlock.count_jobs() order by state", []);
}
