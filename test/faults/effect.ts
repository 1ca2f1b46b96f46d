import type { JobInfo, TenantTransaction } from "../../src/index.ts";

/** What a job leaves behind. No constraint keeps a second one out: the checker counts. */
export async function leaveEffect(tx: TenantTransaction, job: JobInfo, key: string): Promise<void> {
  await tx.query("insert into app.effects (job_id, key, pid) values ($1, $2, $3)", [
    job.id,
    key,
    process.pid,
  ]);
}

/**
 * For a long job, whose handler runs again when its worker died after the effect: it looks first. That suffices only
 * because the fence lets one attempt write at a time.
 */
export async function leaveEffectOnce(tx: TenantTransaction, job: JobInfo, key: string): Promise<void> {
  await tx.query(
    `insert into app.effects (job_id, key, pid)
     select $1, $2, $3 where not exists (select from app.effects where job_id = $1)`,
    [job.id, key, process.pid],
  );
}
