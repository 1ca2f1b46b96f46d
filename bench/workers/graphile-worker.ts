import { Logger, run, type Task } from "graphile-worker";
import type { Payload } from "../lib/marks.ts";
import { makeHandlers, setting } from "./handlers.ts";

const concurrency = Number(setting("BENCH_CONCURRENCY"));
// Named queues and the local queue together stall for a minute (measured), so the fair setting goes without it.
const fair = setting("BENCH_FAIR") === "1";

const taskList = Object.fromEntries(
  Object.entries(makeHandlers()).map(([name, handler]): [string, Task] => [
    name,
    (payload) => handler(payload as Payload),
  ]),
);

const runner = await run({
  taskList,
  parsedCronItems: [],
  preset: {
    worker: {
      connectionString: setting("BENCH_DATABASE_URL"),
      concurrentJobs: concurrency,
      maxPoolSize: 10,
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
      ...(fair ? {} : { localQueue: { size: 500 } }),
      logger: new Logger(() => (level, message) => {
        if (level === "error") console.error(message);
      }),
    },
  },
});
await runner.promise;
