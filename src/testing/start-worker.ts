import { readSettings } from "../sdk/index.ts";
import { type RunningWorker, startWorker } from "../worker/index.ts";
import type { TestWorld } from "./world.ts";

/** A worker in the test's own process. */
export type TestWorker = RunningWorker & AsyncDisposable;

/**
 * Starts a worker with the tasks of the test database.
 * @param env settings by their names; with TASKS_DIR the worker has the tasks of that folder instead
 */
export async function startTestWorker(
  { db, tasks }: TestWorld,
  chains: { ROWLOCK_EVALS: string; SQL_DIR: string },
  env: Readonly<Record<string, string>>,
): Promise<TestWorker> {
  const { api, task, broker } = db.urls;
  const settings = readSettings({
    NODE_ENV: "test",
    API_DATABASE_URL: api,
    TASK_DATABASE_URL: task,
    BROKER_DATABASE_URL: broker,
    WORKER_SHUTDOWN_GRACE_MS: "2000",
    ...chains,
    ...env,
  });
  const worker = await startWorker(
    settings,
    db.logger,
    env.TASKS_DIR === undefined ? tasks.byName : undefined,
  );
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= worker.stop());
  return { ...worker, stop, [Symbol.asyncDispose]: stop };
}
