import type { WorkerEvents } from "graphile-worker";

const attached = new WeakSet<WorkerEvents>();

/** What of Graphile Worker's queue is private. The version is pinned, and tests of workers check what is done here. */
type Inner = {
  mode: string;
  fetch(): void;
  getJob(workerId: string, flagsToSkip: string[] | null): unknown;
  getJobBatchSize: number;
  workerQueue: readonly unknown[];
  background(work: Promise<void>): void;
};

/** Of hands that have not ended a delivery yet. */
const unknownMs = 1_000;
/** How much the last delivery counts in how long they take. */
const weightOfLast = 0.2;

export type FetchAhead = {
  hands: number;
  /** As many deliveries are fetched beyond free hands as will be begun within this time, as far as is known. */
  withinMs: number;
};

/** The largest batch: beyond free hands ten for each. */
export const mostFetched = (hands: number): number => hands * 11;

/** Changes two habits of the queue between Graphile Worker 0.18 and its hands. */
export function tameLocalQueue(events: WorkerEvents, { hands, withinMs }: FetchAhead): void {
  // A pool that is started again speaks through the same emitter.
  if (attached.has(events)) return;
  attached.add(events);
  let usualMs = unknownMs;
  const began = new Map<string, number>();
  events.on("job:start", ({ job }) => began.set(job.id, performance.now()));
  events.on("job:complete", ({ job }) => {
    const ms = performance.now() - (began.get(job.id) ?? performance.now());
    began.delete(job.id);
    usualMs += (ms - usualMs) * (usualMs === unknownMs ? 1 : weightOfLast);
  });
  const ahead = () => Math.min(hands * 10, Math.floor((hands * withinMs) / Math.max(usualMs, 0.1)));
  events.on("localQueue:init", ({ localQueue }) => {
    const queue = localQueue as unknown as Inner;
    fetchForFreeHands(queue, ahead);
    const { promise, resolve } = Promise.withResolvers<void>();
    keepStopGraceful(queue, promise);
    events.on("localQueue:setMode", (event) => {
      if (event.localQueue === localQueue && event.newMode === "RELEASED") resolve();
    });
  });
}

/**
 * It fetches a full batch whenever it is empty, also when every hand is busy: what it then holds another worker's hands
 * wait for. Here it asks when a hand is free, for as many as are, and little more.
 */
function fetchForFreeHands(queue: Inner, ahead: () => number): void {
  const fetch = queue.fetch.bind(queue);
  const getJob = queue.getJob.bind(queue);
  let wanted = false;
  let asking = false;
  queue.fetch = () => {
    const free = queue.workerQueue.length;
    wanted = free === 0;
    if (wanted) return;
    queue.getJobBatchSize = free + ahead();
    fetch();
  };
  queue.getJob = (workerId, flagsToSkip) => {
    const job = getJob(workerId, flagsToSkip);
    if (wanted && !asking && queue.mode === "POLLING") {
      asking = true;
      // Hands that become free at about the same time share a fetch.
      setTimeout(() => {
        asking = false;
        if (wanted && queue.mode === "POLLING") queue.fetch();
      }, 2);
    }
    return job;
  };
}

/**
 * When it is released while fetched jobs wait for a free hand it gives them back, but refuses its own doing when nothing
 * else is under way ("Cannot background something when the queue is already released"); the graceful stop then turns into
 * a forceful one, which fails running jobs under their handlers. An empty piece of work, from the queue's beginning until
 * just after its release, keeps something under way.
 */
function keepStopGraceful(queue: Inner, released: Promise<void>): void {
  queue.background(released);
}
