import { type Job, PgBoss } from "pg-boss";
import { inLanes } from "../lib/lanes.ts";
import type { Payload } from "../lib/marks.ts";
import { type TaskName, taskNames } from "../peers/peer.ts";
import { makeHandlers, setting } from "./handlers.ts";

const concurrency = Number(setting("BENCH_CONCURRENCY"));
const half = Math.ceil(concurrency / 2);
const fair = setting("BENCH_FAIR") === "1";

const handlers = makeHandlers();
const boss = new PgBoss({ connectionString: setting("BENCH_DATABASE_URL"), max: 10, useListenNotify: true });
boss.on("error", (error) => console.error(error.message));
await boss.start();

/** Two fetchers of 50 with half of the lanes each: one works while the other fetches and completes. */
async function work(task: TaskName): Promise<void> {
  await boss.work<Payload>(
    task,
    {
      batchSize: fair ? 2 : 50,
      localConcurrency: fair ? concurrency : 2,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 0.5,
      ...(fair ? { localGroupConcurrency: half } : {}),
    },
    (jobs: Job<Payload>[]) => inLanes(jobs, fair ? 1 : half, (job) => handlers[task](job.data)),
  );
}
for (const task of taskNames) await work(task);
