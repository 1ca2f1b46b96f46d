import { Worker } from "bullmq";
import type { Payload } from "../lib/marks.ts";
import { taskNames } from "../peers/peer.ts";
import { makeHandlers, setting } from "./handlers.ts";

const handlers = makeHandlers();
const known = new Map(taskNames.map((name) => [name as string, handlers[name]]));

/** One queue for all, or as the fair setting a queue and a worker for each organization. */
for (const queue of setting("BENCH_QUEUES").split(",")) {
  const worker = new Worker<Payload>(queue, async (job) => await known.get(job.name)?.(job.data), {
    connection: { path: setting("BENCH_REDIS_SOCKET"), maxRetriesPerRequest: null },
    concurrency: Number(setting("BENCH_CONCURRENCY")),
    removeOnComplete: { count: 0 },
  });
  worker.on("error", (error) => console.error(error.message));
  worker.on("failed", (_job, error) => console.error(error.message));
}
