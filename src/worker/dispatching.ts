import type { WorkerEvents } from "graphile-worker";
import { type DispatcherOptions, type Dispatching, startDispatcher } from "../jobs/index.ts";

/** Stands ready to dispatch for as long as this process has a pool of Graphile Worker. */
export type DispatchLine = { attach(events: WorkerEvents): void; settled(): Promise<void> };

export function dispatchLine(options: DispatcherOptions): DispatchLine {
  const pools = new Set<string>();
  const attached = new WeakSet<WorkerEvents>();
  const leaving = new Set<Promise<void>>();
  let dispatcher: Dispatching | undefined;
  return {
    attach(events) {
      // A pool that is started again speaks through the same emitter.
      if (attached.has(events)) return;
      attached.add(events);
      events.on("pool:create", ({ workerPool }) => {
        pools.add(workerPool.id);
        dispatcher ??= startDispatcher(options);
      });
      events.on("job:complete", () => dispatcher?.completed());
      events.on("pool:release", ({ workerPool }) => {
        pools.delete(workerPool.id);
        if (pools.size > 0 || dispatcher === undefined) return;
        const stopped = dispatcher.stop();
        dispatcher = undefined;
        leaving.add(stopped);
        void stopped.finally(() => leaving.delete(stopped));
      });
    },
    async settled() {
      await Promise.all(leaving);
    },
  };
}
