import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TaskList } from "graphile-worker";
import type { Pool } from "pg";
import { assertSchemaCurrent, createPool, locateDatabase, standardChains } from "../db/index.ts";
import { syncCatalogue, type Task, tellThrough, watchSpeeds } from "../jobs/index.ts";
import type { Logger } from "../log.ts";
import { isCompiled, packageRoot, packageVersion, type Settings } from "../sdk/index.ts";
import { refuseUnsafeLogin } from "../tenancy/index.ts";
import { brokerTask, type DeliveryTools } from "./broker-task.ts";
import { type DispatchLine, dispatchLine } from "./dispatching.ts";
import { type Lifelines, lifelines } from "./lifelines.ts";
import { loadTasks } from "./load-tasks.ts";
import { logOutcomes } from "./log-events.ts";
import { watchSuspects } from "./suspects.ts";

/** What a worker has before it takes its first job. */
export type Prepared = {
  brokerUrl: string;
  taskPool: Pool;
  /** One connection that no job takes, to tell those who watch. */
  tellPool: Pool;
  /** Our tasks as Graphile Worker calls them, by name. */
  taskList: TaskList;
  lifelines: Lifelines;
  dispatching: DispatchLine;
};

/**
 * Gets everything a worker needs and refuses what would go wrong later: a login that could bypass row-level security,
 * an old schema, a bad task file. Writes the catalogue.
 * @param given tasks by name, instead of those of the folders
 */
export async function prepareWorker(
  settings: Settings,
  logger: Logger,
  given?: ReadonlyMap<string, Task>,
): Promise<Prepared> {
  const { logins } = await locateDatabase(settings, ["task", "broker"]);
  const taskPool = createPool({
    url: logins.task,
    max: settings.WORKER_POOL_SIZE,
    name: "rowlock-task",
    logger,
  });
  const tellPool = createPool({ url: logins.task, max: 1, name: "rowlock-tell", logger });
  tellThrough(taskPool, tellPool);
  try {
    await refuseUnsafeLogin(taskPool, "TASK_DATABASE_URL");
    await assertSchemaCurrent(taskPool, standardChains(settings));
    const tasks = given ?? (await loadTasks(taskDirectories(settings)));
    await syncCatalogue(taskPool, tasks.values());
    await taskPool.query("select rowlock_private.keep_periods()");
    logger.info(`${tasks.size} tasks: ${[...tasks.keys()].join(", ")}`);
    const lines = lifelines({
      taskUrl: logins.task,
      taskPool,
      version: packageVersion,
      concurrency: settings.WORKER_CONCURRENCY,
      graceMs: settings.WORKER_SHUTDOWN_GRACE_MS,
      longestDays: settings.JOB_RETENTION_DAYS,
      auditDays: settings.AUDIT_RETENTION_DAYS,
      logger,
    });
    const dispatching = dispatchLine({
      url: logins.task,
      concurrency: settings.WORKER_CONCURRENCY,
      logger,
    });
    const tools: DeliveryTools = {
      pool: taskPool,
      log: logOutcomes(logger),
      lifelines: lines,
      suspects: watchSuspects(taskPool),
      speeds: watchSpeeds(taskPool),
    };
    const taskList = Object.fromEntries([...tasks].map(([name, task]) => [name, brokerTask(task, tools)]));
    return { brokerUrl: logins.broker, taskPool, tellPool, taskList, lifelines: lines, dispatching };
  } catch (error) {
    await Promise.all([taskPool.end(), tellPool.end()]);
    throw error;
  }
}

/** The user's own folder and, if it is on, the shipped application's. */
export function taskDirectories(settings: Pick<Settings, "TASKS_DIR" | "ROWLOCK_EVALS">): string[] {
  const own = resolve(settings.TASKS_DIR);
  // Installed, the shipped tasks are compiled; in the repository they are the sources.
  const shipped = isCompiled ? join(packageRoot, "dist", "tasks") : join(packageRoot, "tasks");
  return settings.ROWLOCK_EVALS && existsSync(shipped) ? [own, shipped] : [own];
}
