import type { WorkerPool } from "graphile-worker";
import type { Logger } from "../log.ts";
import type { WorkerHealth } from "./health.ts";

/**
 * A pool that has asked the queue nothing for so long, hands free, does not recover: Graphile Worker keeps, for one, a
 * failed look-up of its tasks for ever.
 */
const stuckAfterMs = 5_000;
/** A pool that is shutting down and runs nothing ends within moments, or, after errors of its own, never. */
const quietMs = 1_000;
const lookEveryMs = 250;

export type WatchdogOptions = {
  workerPool: WorkerPool;
  health(): WorkerHealth;
  /** What running jobs get when a pool shuts down. */
  graceMs: number;
  logger: Logger;
  /** The pool's shutdown does not come to its end: whoever supervises goes on without it. */
  onAbandoned(): void;
};

export type Watchdog = {
  /** Shuts the pool down, which may take its time. */
  end(why: string): void;
  /** The pool has begun to shut down, by whomever. */
  ending(): void;
  stop(): void;
};

/** Ends a pool that is stuck, and gives up one whose end is stuck. */
export function watchPool({ workerPool, health, graceMs, logger, onAbandoned }: WatchdogOptions): Watchdog {
  const createdAt = performance.now();
  let endingSince: number | undefined;
  let quietSince: number | undefined;

  const end = (why: string) => {
    if (endingSince !== undefined) return;
    endingSince = performance.now();
    Promise.resolve(workerPool.gracefulShutdown(why)).catch(() => undefined);
  };
  const lookAtLiving = () => {
    const idleMs = Math.min(health().idleMs, performance.now() - createdAt);
    if (idleMs < stuckAfterMs) return;
    logger.warn(`Worker ${workerPool.id} has not asked the queue for ${Math.round(idleMs)} ms; it is ended`);
    end("it asks the queue no more");
  };
  const lookAtEnding = (since: number) => {
    const now = performance.now();
    quietSince = health().running > 0 ? undefined : (quietSince ?? now);
    if (now - (quietSince ?? now) < quietMs && now - since < graceMs + stuckAfterMs) return;
    clearInterval(timer);
    // Whatever it still can let go of.
    Promise.resolve(workerPool.forcefulShutdown("its end does not come to an end")).catch(() => undefined);
    logger.warn(`The end of worker ${workerPool.id} does not come to an end; it is given up`);
    onAbandoned();
  };
  const timer = setInterval(() => {
    if (endingSince === undefined) lookAtLiving();
    else lookAtEnding(endingSince);
  }, lookEveryMs);
  timer.unref();

  return {
    end,
    ending() {
      endingSince ??= performance.now();
    },
    stop: () => clearInterval(timer),
  };
}
