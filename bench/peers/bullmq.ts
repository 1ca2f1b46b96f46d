import { join } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import type { Bench } from "../lib/bench.ts";
import { createEffects } from "../lib/effects.ts";
import { nowMicros } from "../lib/marks.ts";
import { spawnWorkers } from "../lib/processes.ts";
import { redisMemory } from "../lib/redis-memory.ts";
import { packageVersion } from "../lib/versions.ts";
import type { Peer, PeerOptions } from "./peer.ts";

/** BullMQ on Redis with one queue, or, `fair`, with a queue and a worker of its own for each organization. */
export function bullmq(
  { postgres, folder, latencyFile }: Bench,
  socket: string,
  { fair = false }: PeerOptions = {},
): Peer {
  const database = "bench_bullmq";
  let redis: Redis | undefined;
  let queues: Queue[] = [];
  let known: readonly string[] = [];
  const queueOf = (organization: string) => {
    const queue = fair ? queues.find(({ name }) => name === organization) : queues[0];
    if (queue === undefined) throw new Error("setUp comes first");
    return queue;
  };
  const close = async () => {
    await Promise.all(queues.map((queue) => queue.close()));
    queues = [];
    redis?.disconnect();
    redis = undefined;
  };

  return {
    name: fair ? "BullMQ, a queue and worker per organization" : "BullMQ",
    version: packageVersion("bullmq"),
    database,
    settings: "on Redis without persistence; finished jobs removed",
    async setUp(organizations) {
      await close();
      await postgres.freshDatabase(database, createEffects);
      redis = new Redis({ path: socket });
      await redis.flushall();
      const names = fair ? organizations : ["bench"];
      queues = names.map((name) => new Queue(name, { connection: { path: socket } }));
      known = organizations;
    },
    async launchMany(task, count, organizations = known) {
      for (let first = 0; first < count; first += 1_000) {
        const size = Math.min(1_000, count - first);
        for (const queue of fair ? organizations.map(queueOf) : [queueOf("")]) {
          const own = fair ? [queue.name] : organizations;
          const jobs = Array.from(
            { length: Math.ceil(size / (fair ? organizations.length : 1)) },
            (_, index) => ({
              name: task,
              data: {
                organization: own[(first + index) % own.length],
                n: first + index,
                launchedAt: nowMicros(),
              },
            }),
          );
          await queue.addBulk(jobs);
        }
      }
    },
    async launchOne(task, organization) {
      await queueOf(organization).add(task, { organization, n: 0, launchedAt: nowMicros() });
    },
    async launchOneByOne(task, seconds, connections) {
      const own = Array.from(
        { length: connections },
        () => new Queue("bench", { connection: { path: socket } }),
      );
      const end = performance.now() + seconds * 1_000;
      let launched = 0;
      const lane = async (queue: Queue) => {
        for (; performance.now() < end; launched += 1) {
          const organization = known[launched % known.length];
          await queue.add(task, { organization, n: launched, launchedAt: nowMicros() });
        }
      };
      await Promise.all(own.map(lane));
      await Promise.all(own.map((queue) => queue.close()));
      return launched;
    },
    startWorkers: (count, concurrency) =>
      spawnWorkers(
        folder,
        count,
        [process.execPath, join(import.meta.dirname, "..", "workers", "bullmq.ts")],
        {
          BENCH_DATABASE_URL: postgres.url(database),
          BENCH_REDIS_SOCKET: socket,
          BENCH_QUEUES: queues.map(({ name }) => name).join(","),
          BENCH_CONCURRENCY: String(concurrency),
          BENCH_LATENCY_FILE: latencyFile,
        },
      ),
    isDrained: async () => (await unfinished(queues)) === 0,
    remaining: () => unfinished(queues),
    storage: () => redisMemory(redis),
    close,
  };
}

async function unfinished(queues: readonly Queue[]): Promise<number> {
  const counts = await Promise.all(
    queues.map((queue) => queue.getJobCountByTypes("waiting", "active", "delayed")),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
