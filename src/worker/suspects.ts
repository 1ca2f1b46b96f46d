import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";

/** Begun so often without a word since, a job is held to take its workers down. */
const mostCrashes = 3;
const acquitAgainMs = 1_000;
const mostAcquittals = 300;

export type Suspects = {
  /**
   * Runs a delivery. One that is not the job's first is under suspicion: that it begins is noted first, and suspects
   * run one after the other, so that a crash is laid at the door of one job and not of all that ran beside it.
   * @returns "crashed" when the job has taken its workers down too often and was failed
   */
  run<T>(
    delivery: { jobId: string; task: string; attempts: number },
    work: () => Promise<T>,
  ): Promise<T | "crashed">;
};

/** @param pool of the login rowlock_task */
export function watchSuspects(pool: Pool): Suspects {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    async run({ jobId, task, attempts }, work) {
      if (attempts <= 1) return await work();
      const suspected = async () => {
        const { rows } = await pool.query<{ crashed: boolean }>(
          "select rowlock_private.suspect_job($1, $2, $3) as crashed",
          [jobId, task, mostCrashes],
        );
        if (rows[0]?.crashed === true) return "crashed" as const;
        try {
          return await work();
        } catch (error) {
          void acquit(pool, jobId, task);
          throw error;
        }
      };
      const mine = turn.then(suspected, suspected);
      turn = mine.catch(() => undefined);
      return await mine;
    },
  };
}

/**
 * Work that throws lost the database, and we live: no crash. Said as soon as the database listens again. When this
 * process ends before, the crash stays counted, which is one of three.
 */
async function acquit(pool: Pool, jobId: string, task: string): Promise<void> {
  for (let tried = 0; tried < mostAcquittals && !pool.ending; tried += 1) {
    try {
      await pool.query("select rowlock_private.acquit_job($1, $2)", [jobId, task]);
      return;
    } catch {
      await sleep(acquitAgainMs, undefined, { ref: false });
    }
  }
}
