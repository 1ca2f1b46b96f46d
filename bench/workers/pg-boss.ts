import { type Job, PgBoss } from "pg-boss";
import { inLanes } from "../lib/lanes.ts";
import type { Payload } from "../lib/marks.ts";
import { type TaskName, taskNames } from "../peers/peer.ts";
import { makeHandlers, setting } from "./handlers.ts";

const concurrency = Number(setting("BENCH_CONCURRENCY"));
const half = Math.ceil(concurrency / 2);
/** As the fair setting, whose queues there are. */
const organizations = setting("BENCH_ORGANIZATIONS").split(",").filter(Boolean);

const handlers = makeHandlers();
const boss = new PgBoss({ connectionString: setting("BENCH_DATABASE_URL"), max: 10, useListenNotify: true });
boss.on("error", (error) => console.error(error.message));
await boss.start();

/** Two fetchers of 50 with half of the lanes each: one works while the other fetches and completes. */
async function work(task: TaskName, queue: string = task): Promise<void> {
  await boss.work<Payload>(
    queue,
    {
      batchSize: 50,
      localConcurrency: 2,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 0.5,
    },
    (jobs: Job<Payload>[]) => inLanes(jobs, half, (job) => handlers[task](job.data)),
  );
}
for (const task of taskNames) {
  if (organizations.length === 0) await work(task);
  else await Promise.all(organizations.map((organization) => work(task, `${organization}/${task}`)));
}
