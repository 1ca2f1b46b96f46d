import { setTimeout as sleep } from "node:timers/promises";
import type { WorkerEvents } from "graphile-worker";
import type { Pool } from "pg";
import type { Logger } from "../log.ts";

const lookEveryMs = 2_000;

/** Ids of the deliveries that a pool of Graphile Worker knows it has. */
export type Holdings = (poolId: string) => string[];

export function watchHoldings(events: WorkerEvents): Holdings {
  const byPool = new Map<string, Set<string>>();
  events.on("localQueue:getJobs:complete", ({ localQueue, jobs }) => {
    const poolId = localQueue.workerPool.id;
    const held = byPool.get(poolId) ?? new Set();
    byPool.set(poolId, held);
    for (const { id } of jobs) held.add(id);
  });
  events.on("localQueue:returnJobs", ({ localQueue, jobs }) => {
    for (const { id } of jobs) byPool.get(localQueue.workerPool.id)?.delete(id);
  });
  events.on("job:complete", ({ job }) => {
    byPool.get(job.locked_by ?? "")?.delete(job.id);
  });
  events.on("pool:release", ({ workerPool }) => byPool.delete(workerPool.id));
  return (poolId) => [...(byPool.get(poolId) ?? [])];
}

export type StrayOptions = {
  poolId: string;
  holdings: Holdings;
  /** Of the login rowlock_task. */
  pool: Pool;
  logger: Logger;
};

/**
 * A fetch that the database committed and whose answer was lost leaves deliveries locked for a pool that does not know
 * of them. The pool lives, so nobody rescues them: it looks for them itself and gives them back.
 */
export function returnStrays({ poolId, holdings, pool, logger }: StrayOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const looking = (async () => {
    for (;;) {
      await sleep(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        const { rows } = await pool.query<{ strays: number }>(
          "select rowlock_private.return_strays($1, $2) as strays",
          [poolId, holdings(poolId)],
        );
        const strays = rows[0]?.strays ?? 0;
        if (strays > 0) {
          logger.warn(`Worker ${poolId} did not know of ${strays} deliveries; they go back`, {
            worker: poolId,
          });
        }
      } catch (error) {
        // The next look finds them.
        logger.debug(`Looking for strays failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await looking;
    },
  };
}
