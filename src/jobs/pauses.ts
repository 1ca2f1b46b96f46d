import type { TenantTransaction } from "../tenancy/index.ts";
import { ask } from "./ask.ts";

/** What an organization holds back itself; without a task it is all of it. */
export type Pause = { task: string | null; userId: string | null; reason: string; at: string };

/**
 * Holds back the jobs of the claimed organization, or those of one task: nothing is begun, what was goes on, and
 * launches are taken. Pausing what is paused changes nothing.
 * @throws RowlockError UNKNOWN_TASK; NOT_ALLOWED for who is no administrator
 */
export async function pauseJobs(tx: TenantTransaction, task?: string, reason?: string): Promise<Pause[]> {
  await ask(tx, "select from rowlock.pause_jobs($1, $2)", [
    task ?? null,
    reason?.replaceAll("\0", "") ?? null,
  ]);
  return await listPauses(tx);
}

/** Lifts a pause. @throws RowlockError NOT_ALLOWED for who is no administrator */
export async function resumeJobs(tx: TenantTransaction, task?: string): Promise<Pause[]> {
  await ask(tx, "select from rowlock.resume_jobs($1)", [task ?? null]);
  return await listPauses(tx);
}

/** What the organization holds back at this moment. What operators hold back stands in its policy. */
export async function listPauses(tx: TenantTransaction): Promise<Pause[]> {
  const { rows } = await tx.query<Omit<Pause, "at"> & { at: Date }>(
    `select nullif(task, '') as task, user_id as "userId", reason, at from rowlock.pauses order by task`,
  );
  return rows.map(({ at, ...same }) => ({ ...same, at: at.toISOString() }));
}
