import type { Job, WorkerEventMap, WorkerEvents } from "graphile-worker";

const attached = new WeakSet<WorkerEvents>();

type LocalQueue = WorkerEventMap["localQueue:init"]["localQueue"];

/** What of Graphile Worker's queue is private. The version is pinned, and tests of workers check what is done here. */
type Inner = {
  mode: string;
  fetch(): void;
  getJob(workerId: string, flagsToSkip: string[] | null): unknown;
  getJobBatchSize: number;
  workerQueue: readonly unknown[];
  background(work: Promise<void>): void;
};

/** How long a delivery is taken to last before one has ended. */
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
  const usualMs = watchDeliveries(events);
  const ahead = () =>
    Math.min(mostFetched(hands) - hands, Math.floor((hands * withinMs) / Math.max(usualMs(), 0.1)));
  events.on("localQueue:init", ({ localQueue }) => {
    fetchForFreeHands(localQueue as unknown as Inner, ahead);
    keepStopGraceful(events, localQueue);
  });
}

/** @returns how long deliveries take of late */
function watchDeliveries(events: WorkerEvents): () => number {
  const began = new WeakMap<Job, number>();
  let usualMs: number | undefined;
  events.on("job:start", ({ job }) => began.set(job, performance.now()));
  events.on("job:complete", ({ job }) => {
    const at = began.get(job);
    if (at === undefined) return;
    const ms = performance.now() - at;
    usualMs = usualMs === undefined ? ms : usualMs + (ms - usualMs) * weightOfLast;
  });
  return () => usualMs ?? unknownMs;
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
function keepStopGraceful(events: WorkerEvents, localQueue: LocalQueue): void {
  const { promise, resolve } = Promise.withResolvers<void>();
  (localQueue as unknown as Inner).background(promise);
  events.on("localQueue:setMode", (event) => {
    if (event.localQueue === localQueue && event.newMode === "RELEASED") resolve();
  });
}
