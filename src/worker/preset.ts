import { workerLogger } from "../db/index.ts";
import { createLogger, type Logger } from "../log.ts";
import { readSettings, type Settings } from "../sdk/index.ts";
import { mostFetched, tameLocalQueue } from "./local-queue.ts";
import { type Prepared, prepareWorker } from "./prepare.ts";

/**
 * For `graphile.config.ts`, so that the stock `graphile-worker` runs the same tasks with the same promises:
 * `export default { extends: [await workerPreset()] };`
 */
export async function workerPreset(settings: Settings = readSettings()): Promise<GraphileConfig.Preset> {
  const logger = createLogger({
    level: settings.LOG_LEVEL,
    format: settings.LOG_FORMAT ?? (settings.NODE_ENV === "production" ? "json" : "text"),
  });
  const prepared = await prepareWorker(settings, logger);
  // We cannot start a pool again within the stock command: others take its jobs, its manager starts the process again.
  prepared.lifelines.onAbandoned(() => process.exit(1));
  return presetFor(settings, prepared, logger);
}

/** The options of Graphile Worker, the same for `rowlock worker` and the stock command. */
export function presetFor(settings: Settings, prepared: Prepared, logger: Logger): GraphileConfig.Preset {
  // A copy: in a process of our own the live list below is this very object.
  const ours = { ...prepared.taskList };
  const hands = settings.WORKER_CONCURRENCY;
  return {
    worker: {
      connectionString: prepared.brokerUrl,
      schema: "graphile_worker",
      taskDirectory: settings.TASKS_DIR,
      concurrentJobs: hands,
      maxPoolSize: Math.max(4, Math.min(10, hands)),
      pollInterval: 1_000,
      localQueue: { size: mostFetched(hands) },
      // What ends within two milliseconds is told in one go. Never -1, the default: then stop() returns before it is told.
      completeJobBatchDelay: 2,
      failJobBatchDelay: 0,
      gracefulShutdownAbortTimeout: settings.WORKER_SHUTDOWN_GRACE_MS,
      logger: workerLogger(logger),
    },
    plugins: [
      {
        name: "RowlockPlugin",
        version: "1.0.0",
        worker: {
          middleware: {
            init(next, { ctx }) {
              tameLocalQueue(ctx.events, { hands, withinMs: settings.WORKER_PREFETCH_MS });
              prepared.lifelines.attach(ctx.events);
              prepared.dispatching.attach(ctx.events);
              return next();
            },
          },
          hooks: {
            // Awaited before the first fetch, with the live list: the loader's functions give way to ours.
            startWorker(_ctx, event) {
              for (const name of Object.keys(event.tasks)) delete event.tasks[name];
              Object.assign(event.tasks, ours);
            },
          },
        },
      },
    ],
  };
}
