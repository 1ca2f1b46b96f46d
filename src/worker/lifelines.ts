import type { WorkerEvents, WorkerPool } from "graphile-worker";
import type { Pool } from "pg";
import type { Logger } from "../log.ts";
import { type WorkerHealth, watchHealth } from "./health.ts";
import { type Keeper, startKeeper } from "./keeper.ts";
import { keepAlive, type Liveness } from "./liveness.ts";
import { type Holdings, returnStrays, watchHoldings } from "./strays.ts";
import { type Watchdog, watchPool } from "./watchdog.ts";

export type LifelineOptions = {
  taskUrl: string;
  taskPool: Pool;
  version: string;
  concurrency: number;
  graceMs: number;
  /** JOB_RETENTION_DAYS. */
  longestDays: number | undefined;
  /** AUDIT_RETENTION_DAYS. */
  auditDays: number | undefined;
  logger: Logger;
};

/** What keeps Graphile Worker's pools of this process accounted for. */
export type Lifelines = {
  attach(events: WorkerEvents): void;
  /** Aborts when the pool that holds a delivery was taken for dead. */
  lost(poolId: string): AbortSignal;
  /** `listener` is called when a pool is given up, because its shutdown does not end. */
  onAbandoned(listener: () => void): void;
  /** Settles when every pool that ended has taken its leave. */
  settled(): Promise<void>;
};

type Line = {
  liveness: Liveness;
  strays: { stop(): Promise<void> };
  lost: AbortController;
  watchdog: Watchdog;
};

/**
 * For each pool: its lock and signs of life, from its creation to its end. While there is a pool, this process looks
 * after those of others. One that others took for dead stops: its handlers are told, its jobs run elsewhere.
 */
export function lifelines(options: LifelineOptions): Lifelines {
  const lines = new Map<string, Line>();
  const leaving = new Set<Promise<void>>();
  const attached = new WeakSet<WorkerEvents>();
  const never = new AbortController().signal;
  let keeper: Keeper | undefined;
  const listeners: (() => void)[] = [];

  const leave = (work: Promise<void>) => {
    leaving.add(work);
    void work.finally(() => leaving.delete(work));
  };
  const cut = (poolId: string) => {
    const line = lines.get(poolId);
    if (line === undefined) return;
    lines.delete(poolId);
    line.watchdog.stop();
    line.lost.abort();
    leave(line.liveness.stop());
    leave(line.strays.stop());
    if (lines.size > 0 || keeper === undefined) return;
    leave(keeper.stop());
    keeper = undefined;
  };
  const tie = (workerPool: WorkerPool, health: () => WorkerHealth, holdings: Holdings) => {
    const lost = new AbortController();
    const watchdog = watchPool({
      workerPool,
      health,
      graceMs: options.graceMs,
      logger: options.logger,
      onAbandoned() {
        cut(workerPool.id);
        for (const listener of listeners) listener();
      },
    });
    const liveness = keepAlive({
      url: options.taskUrl,
      id: workerPool.id,
      version: options.version,
      concurrency: options.concurrency,
      state: () => {
        const { polledMsAgo, running } = health();
        const poolWaiting = options.taskPool.waitingCount;
        return { polledAt: new Date(Date.now() - polledMsAgo), running, poolWaiting };
      },
      onLost() {
        lost.abort();
        watchdog.end("others took this worker for dead");
      },
      logger: options.logger,
    });
    const { taskPool: pool, logger } = options;
    const strays = returnStrays({ poolId: workerPool.id, holdings, pool, logger });
    lines.set(workerPool.id, { liveness, strays, lost, watchdog });
    keeper ??= startKeeper({ ...options, pool });
  };

  return {
    attach(events) {
      // A pool that is started again speaks through the same emitter.
      if (attached.has(events)) return;
      attached.add(events);
      const health = watchHealth(events, options.concurrency);
      const holdings = watchHoldings(events);
      events.on("pool:create", ({ workerPool }) => tie(workerPool, health, holdings));
      events.on("pool:gracefulShutdown", ({ workerPool }) => lines.get(workerPool.id)?.watchdog.ending());
      events.on("pool:release", ({ workerPool }) => cut(workerPool.id));
    },
    lost: (poolId) => lines.get(poolId)?.lost.signal ?? never,
    onAbandoned: (listener) => void listeners.push(listener),
    async settled() {
      await Promise.all(leaving);
    },
  };
}
