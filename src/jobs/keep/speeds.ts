import type { Pool } from "pg";

const writeEveryMs = 1_000;

export type Speeds = {
  /** So many jobs of a task took so long together. */
  note(task: string, jobs: number, ms: number): void;
};

/**
 * Tells the dispatcher how long transactional jobs take, from which it sizes bundles. A hint and no more: one that
 * cannot be written is dropped.
 * @param pool of the login rowlock_task
 */
export function watchSpeeds(pool: Pool): Speeds {
  const seen = new Map<string, { jobs: number; ms: number }>();
  const told = new Map<string, number>();
  let writeAt = performance.now() + writeEveryMs / 4;
  return {
    note(task, jobs, ms) {
      const sum = seen.get(task) ?? { jobs: 0, ms: 0 };
      seen.set(task, { jobs: sum.jobs + jobs, ms: sum.ms + ms });
      if (performance.now() < writeAt) return;
      writeAt = performance.now() + writeEveryMs;
      const changed = [...seen]
        .map(([name, all]): [string, number] => [name, all.ms / all.jobs])
        .filter(([name, mean]) => Math.abs(Math.log(mean / (told.get(name) ?? 1e-3))) > 0.2);
      seen.clear();
      if (changed.length === 0) return;
      for (const [name, mean] of changed) told.set(name, mean);
      pool
        .query("select rowlock_private.note_speeds($1, $2)", [
          changed.map(([name]) => name),
          changed.map(([, mean]) => mean),
        ])
        .catch(() => told.clear());
    },
  };
}
