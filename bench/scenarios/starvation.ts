import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, organizations } from "../lib/bench.ts";
import { countEffects } from "../lib/effects.ts";
import type { Peer } from "../peers/index.ts";
import { perSecond, type Scenario } from "./scenario.ts";

const newcomersJobs = 10;

export const starvation: Scenario = {
  id: "starvation",
  title: "Starvation: A has a long backlog, then B launches ten",
  note:
    "Jobs of 5 ms that then insert a row. A has 100,000 (a short run: 10,000); when they are under way B launches 10: time " +
    "until B's are done, and A's jobs per second meanwhile. ∞: not within 15 s (a short run: 2 s). Below, others with their best setting " +
    "against it. One worker process, 8 at once (pg-boss and BullMQ: 8 for each organization, whose queues workers must know by name, as Celery's).",
  columns: () => [
    { key: "seconds", title: "B done after, s", format: (value) => value.toFixed(2), ratio: true },
    { key: "other", title: "A, jobs/s", format: perSecond },
  ],
  rounds: () => 1,
  fair: true,
  async measure(bench, peer) {
    const [a = "", b = ""] = organizations(2);
    await peer.setUp([a, b]);
    await peer.launchMany("slow", bench.quick ? 10_000 : 100_000, [a]);
    await bench.postgres.query("postgres", "checkpoint");
    const workers = await peer.startWorkers(1, 8);
    try {
      await workers.started();
      await sleep(500);
      return await newcomer(bench, peer, a, b);
    } finally {
      await workers.stop();
    }
  },
};

async function newcomer(bench: Bench, peer: Peer, a: string, b: string) {
  const count = (organization: string) => countEffects(bench.postgres, peer.database, organization);
  const before = await count(a);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1_000;
  await peer.launchMany("slow", newcomersJobs, [b]);
  const maxSeconds = bench.quick ? 2 : 15;
  while ((await count(b)) < newcomersJobs && elapsed() < maxSeconds) await sleep(10);
  const seconds = elapsed();
  // A moment so short that it counts nothing says nothing: A is watched for a second at least.
  if (seconds < 1) await sleep((1 - seconds) * 1_000);
  const other = ((await count(a)) - before) / elapsed();
  return { seconds: seconds < maxSeconds ? seconds : Number.POSITIVE_INFINITY, other };
}
