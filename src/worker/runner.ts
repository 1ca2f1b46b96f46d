import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Runner, run, type WorkerEvents } from "graphile-worker";
import { createPool } from "../db/index.ts";
import { type Task, tellChanges } from "../jobs/index.ts";
import type { Logger } from "../log.ts";
import type { Settings } from "../sdk/index.ts";
import { serveHealth, type WorkerHealth, watchHealth } from "./health.ts";
import { prepareWorker } from "./prepare.ts";
import { presetFor } from "./preset.ts";

export type RunningWorker = {
  tasks: string[];
  health(): WorkerHealth;
  /** Takes no new jobs, lets the running ones end, hands back what is left after the grace. */
  stop(): Promise<void>;
  /** Settles when the worker has ended, rejects when it failed. */
  ended: Promise<void>;
};

/** A pool that ran this long before it failed is started again at once; one that fails sooner waits longer each time. */
const steadyMs = 10_000;
const longestPauseMs = 10_000;

/**
 * Starts a worker in this process. Its pool of Graphile Worker is supervised: when it stops by itself, as it does on
 * any error of its own bookkeeping, what it held goes back and a new one starts. Signals are the caller's business.
 * @param given tasks by name, instead of those of the folders
 */
export async function startWorker(
  settings: Settings,
  logger: Logger,
  given?: ReadonlyMap<string, Task>,
): Promise<RunningWorker> {
  const prepared = await prepareWorker(settings, logger, given);
  const brokerPool = createPool({ url: prepared.brokerUrl, max: 4, name: "rowlock-broker", logger });
  const events: WorkerEvents = new EventEmitter();
  const health = watchHealth(events, settings.WORKER_CONCURRENCY);
  let abandoned = Promise.withResolvers<void>();
  prepared.lifelines.onAbandoned(() => abandoned.resolve());
  const start = async () => {
    abandoned = Promise.withResolvers<void>();
    return await run({
      preset: presetFor(settings, prepared, logger),
      pgPool: brokerPool,
      events,
      taskList: { ...prepared.taskList },
      parsedCronItems: [],
      noHandleSignals: true,
    });
  };
  const release = async () => {
    await Promise.all([prepared.lifelines.settled(), prepared.dispatching.settled()]);
    await tellChanges(prepared.taskPool);
    await Promise.all([brokerPool.end(), prepared.taskPool.end(), prepared.tellPool.end()]);
  };
  const stopping = new AbortController();
  let runner: Runner;
  try {
    runner = await start();
  } catch (error) {
    await release();
    throw error;
  }
  const port = settings.WORKER_HEALTH_PORT;
  const server = port === undefined ? undefined : await serveHealth(port, health);

  const supervise = async () => {
    for (let failures = 0; ; ) {
      const began = performance.now();
      const error = await Promise.race([
        runner.promise.then(
          () => undefined,
          (failure: unknown) => failure,
        ),
        abandoned.promise,
      ]);
      if (stopping.signal.aborted) return;
      // One that was given up still has timers of its own, which this ends; it ended by itself otherwise.
      void runner.stop().catch(() => undefined);
      failures = performance.now() - began > steadyMs ? 0 : failures + 1;
      logger.warn(`The worker's pool ended by itself; a new one starts`, { error, failures });
      runner = await startAgain(start, failures, stopping.signal, logger);
      if (stopping.signal.aborted) await runner.stop().catch(() => undefined);
    }
  };
  const ended = supervise().finally(async () => {
    server?.close();
    await release();
  });
  ended.catch(() => undefined);
  return {
    tasks: Object.keys(prepared.taskList),
    health,
    ended,
    async stop() {
      stopping.abort();
      // It may have stopped by itself at this moment; its end may not come to an end.
      await Promise.race([runner.stop().catch(() => undefined), abandoned.promise]);
      await ended;
    },
  };
}

/** Starts a pool, however often that fails: the database may be away for long. */
async function startAgain(
  start: () => Promise<Runner>,
  failures: number,
  stopping: AbortSignal,
  logger: Logger,
): Promise<Runner> {
  for (let attempt = failures; ; attempt += 1) {
    const pause = attempt === 0 ? 0 : Math.min(longestPauseMs, 50 * 2 ** attempt);
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal: stopping }).catch(() => undefined);
    try {
      return await start();
    } catch (error) {
      if (stopping.aborted) throw error;
      logger.warn(
        `The worker's pool could not start: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
