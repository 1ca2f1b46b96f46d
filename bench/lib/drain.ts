import { setTimeout as sleep } from "node:timers/promises";
import type { AnyTaskName, Peer, Workers } from "../peers/index.ts";
import type { Bench } from "./bench.ts";
import { countEffects } from "./effects.ts";
import { memoryOf } from "./processes.ts";

export type DrainOptions = {
  task: AnyTaskName;
  count: number;
  organizations: readonly string[];
  workers?: number;
  concurrency?: number;
  /** So long workers have stood still before anything is launched. */
  awayMs?: number;
  /** Stops there and counts what is left: a slow peer must not hold up the run. */
  maxSeconds: number;
};

export type Drained = {
  /** Jobs per second. */
  rate: number;
  /** Most memory of all workers together, in bytes. */
  memory: number;
  /** Bytes stored, with the whole backlog there. */
  storedBefore: number;
  /** Bytes stored at the end. */
  storedAfter: number;
};

/**
 * How fast a backlog is worked off. The workers are warm (connected, plans made, code compiled) and stand still while the
 * backlog is launched; measured is from the moment they go on to the end of the last job, or to `maxSeconds`.
 */
export async function measureDrain(bench: Bench, peer: Peer, options: DrainOptions): Promise<Drained> {
  const { task, organizations, workers: workerCount = 1, concurrency = 8, maxSeconds } = options;
  const count = Math.max(1_000, Math.ceil(options.count * (peer.backlogShare ?? 1)));
  await peer.setUp(organizations);
  const workers = await peer.startWorkers(workerCount, concurrency);
  try {
    const warmed = await warmUp(bench, peer, workers, task);
    workers.signal("SIGSTOP");
    if (options.awayMs !== undefined) await sleep(options.awayMs);
    await peer.launchMany(task, count);
    const storedBefore = await peer.storage();
    // What the launches left to write is not the workers' to pay.
    await bench.postgres.query("postgres", "checkpoint");

    workers.signal("SIGCONT");
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1_000;
    let [memory, nextLook] = [0, 0];
    let drained = false;
    for (; !drained && seconds() < maxSeconds; await sleep(drained ? 0 : 10)) {
      drained = await peer.isDrained();
      if (!drained && seconds() > nextLook) {
        memory = Math.max(memory, await memoryOf(workers.pids));
        nextLook = seconds() + 0.7;
      }
    }
    // Counting takes its time, and what it counts is what was there when it began.
    const took = seconds();
    const left = drained ? 0 : await peer.remaining();
    if (task.startsWith("insert") && drained) await expectEffects(bench, peer, warmed + count);
    return { rate: (count - left) / took, memory, storedBefore, storedAfter: await peer.storage() };
  } finally {
    await workers.stop();
  }
}

/** Runs jobs until every worker has had some; tells how many. */
async function warmUp(bench: Bench, peer: Peer, workers: Workers, task: AnyTaskName): Promise<number> {
  const batch = bench.quick ? 400 : 2_000;
  let started = false;
  const starting = workers.started().then(() => {
    started = true;
  });
  const died = starting.then(() => new Promise<never>(() => undefined));
  died.catch(() => undefined);
  let launched = 0;
  while (!started) {
    await peer.launchMany(task, batch);
    launched += batch;
    do await Promise.race([died, sleep(10)]);
    while (!(await peer.isDrained()));
    // A worker that still boots may have found nothing left: then there is another batch.
    await Promise.race([starting, sleep(50)]);
  }
  return launched;
}

/** Celery gives a job up before it has run, so the last effects may come a moment later. */
async function expectEffects(bench: Bench, peer: Peer, count: number): Promise<void> {
  let found = 0;
  for (const deadline = Date.now() + 3_000; Date.now() < deadline; await sleep(20)) {
    found = await countEffects(bench.postgres, peer.database);
    if (found === count) return;
  }
  throw new Error(`${peer.name} ran ${count} jobs, and there are ${found} effects.`);
}
