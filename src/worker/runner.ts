import { EventEmitter } from "node:events";
import { run, type WorkerEvents } from "graphile-worker";
import { createPool } from "../db/index.ts";
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

/** Starts a worker in this process. Signals are the caller's business. */
export async function startWorker(settings: Settings, logger: Logger): Promise<RunningWorker> {
  const prepared = await prepareWorker(settings, logger);
  const brokerPool = createPool({ url: prepared.brokerUrl, max: 4, name: "rowlock-broker", logger });
  const events: WorkerEvents = new EventEmitter();
  const health = watchHealth(events, settings.WORKER_CONCURRENCY);
  const release = async () => {
    await Promise.all([brokerPool.end(), prepared.taskPool.end()]);
  };
  try {
    const runner = await run({
      preset: presetFor(settings, prepared, logger),
      pgPool: brokerPool,
      events,
      taskList: prepared.taskList,
      parsedCronItems: [],
      noHandleSignals: true,
    });
    const port = settings.WORKER_HEALTH_PORT;
    const server = port === undefined ? undefined : await serveHealth(port, health);
    const ended = runner.promise.finally(async () => {
      server?.close();
      await release();
    });
    ended.catch(() => undefined);
    return {
      tasks: Object.keys(prepared.taskList),
      health,
      ended,
      async stop() {
        await runner.stop();
        await ended;
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}
