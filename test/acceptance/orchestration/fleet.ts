import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTestDatabase, type TestDatabase } from "../../helpers/database.ts";
import { createNotes } from "../../helpers/jobs.ts";
import { asOwner } from "../../helpers/organization.ts";
import { spawnWorker, type WorkerProcess } from "../../helpers/worker.ts";

export type Fleet = AsyncDisposable & {
  db: TestDatabase;
  /** Kills one worker after the other until `over` aborts, each replaced at once. @returns how many */
  killEvery(ms: number, over: AbortSignal): Promise<number>;
  /** Kills the oldest worker; another takes its place. */
  killOne(): Promise<void>;
  stopAll(): Promise<void>;
  startAll(): void;
};

/** A database with `app.notes`, and worker processes that have the tasks of tasks/. */
export async function startFleet(count: number): Promise<Fleet> {
  const db = await createTestDatabase();
  await createNotes(db);
  const start = () => spawnWorker(db, "rowlock", { TASKS_DIR: join(import.meta.dirname, "tasks") });
  const workers: WorkerProcess[] = Array.from({ length: count }, start);
  while ((await asOwner(db, "select from rowlock.tasks")).length < 4) await sleep(50);
  const killOne = async () => {
    await workers.shift()?.end("SIGKILL");
    workers.push(start());
  };
  return {
    db,
    killOne,
    async stopAll() {
      await Promise.all(workers.splice(0).map((worker) => worker.end("SIGTERM")));
    },
    startAll() {
      workers.push(...Array.from({ length: count }, start));
    },
    async killEvery(ms, over) {
      for (let kills = 0; ; kills += 1) {
        await sleep(ms, undefined, { signal: over }).catch(() => undefined);
        if (over.aborted) return kills;
        await killOne();
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.end("SIGKILL")));
      await db.drop();
    },
  };
}
