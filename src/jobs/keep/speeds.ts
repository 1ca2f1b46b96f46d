import type { Pool } from "pg";

const writeEveryMs = 1_000;
const mostSamples = 1_000;

/** Milliseconds a job. Of a single one most may be what comes around it, so it counts only while there is no other. */
type Seen = { single: number[]; shared: number[] };

export type Speeds = {
  /** A delivery with so many jobs of a task took so long, with what comes around them. */
  note(task: string, jobs: number, ms: number): void;
};

/**
 * Tells the dispatcher how long transactional jobs take, from which it sizes bundles. A hint and no more: one that
 * cannot be written is dropped.
 * @param pool of the login rowlock_task
 */
export function watchSpeeds(pool: Pool): Speeds {
  const seen = new Map<string, Seen>();
  const told = new Map<string, number>();
  let writeAt = performance.now() + writeEveryMs / 4;
  return {
    note(task, jobs, ms) {
      const mine = seen.get(task) ?? { single: [], shared: [] };
      seen.set(task, mine);
      const each = jobs === 1 ? mine.single : mine.shared;
      if (each.length < mostSamples) each.push(ms / jobs);
      if (performance.now() < writeAt) return;
      writeAt = performance.now() + writeEveryMs;
      const changed = [...seen]
        .map(([name, { single, shared }]): [string, number] => [
          name,
          median(shared.length > 0 ? shared : single),
        ])
        .filter(([name, ms]) => Math.abs(Math.log(ms / (told.get(name) ?? 1e-3))) > 0.2);
      seen.clear();
      if (changed.length === 0) return;
      for (const [name, one] of changed) told.set(name, one);
      pool
        .query("select rowlock_private.note_speeds($1, $2)", [
          changed.map(([name]) => name),
          changed.map(([, one]) => one),
        ])
        .catch(() => told.clear());
    },
  };
}

/** Not the mean: one that met a frozen process or a lock says nothing of the task. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
