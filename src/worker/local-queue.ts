import type { WorkerEvents } from "graphile-worker";

const attached = new WeakSet<WorkerEvents>();

/**
 * Makes a stop graceful while fetched jobs wait for a free hand. Graphile Worker 0.18 gives them back, but refuses its
 * own doing when nothing else is under way ("Cannot background something when the queue is already released"); the
 * graceful stop then turns into a forceful one, which fails running jobs under their handlers. An empty piece of work,
 * from the queue's beginning until just after its release, keeps something under way.
 */
export function keepStopGraceful(events: WorkerEvents): void {
  // A pool that is started again speaks through the same emitter.
  if (attached.has(events)) return;
  attached.add(events);
  events.on("localQueue:init", ({ localQueue }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    // Private, and checked by the tests of a graceful stop; the version is pinned.
    (localQueue as unknown as { background(work: Promise<void>): void }).background(promise);
    events.on("localQueue:setMode", (event) => {
      if (event.localQueue === localQueue && event.newMode === "RELEASED") resolve();
    });
  });
}
