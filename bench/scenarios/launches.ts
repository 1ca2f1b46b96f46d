import { type Bench, organizations } from "../lib/bench.ts";
import type { Peer, TaskName } from "../peers/index.ts";
import { type Column, perSecond, type Scenario } from "./scenario.ts";

const connections = 8;

export const launchColumns: readonly Column[] = [
  { key: "single", title: "one by one", format: perSecond, ratio: true },
  { key: "bulk", title: "in bulk", format: perSecond, ratio: true },
];

export const launches: Scenario = {
  id: "launches",
  title: "Launches per second",
  note:
    "One by one from 8 connections, each launch durable before the next on Postgres (not on Redis); and in bulk from " +
    "one connection, 1,000 at a time (Celery has no bulk form). No worker runs.",
  columns: () => launchColumns,
  rounds: (quick) => (quick ? 1 : 2),
  async measure(bench, peer) {
    const known = organizations(20);
    await peer.setUp(known);
    // The first use of a connection, of a prepared statement and of Python is not measured.
    await peer.launchMany("noop", 100);
    return { single: await singleRate(bench, peer, "noop"), bulk: await bulkRate(bench, peer, "noop") };
  },
};

/** Launches per second, one by one from all connections, of jobs of 20 organizations. */
export async function singleRate(bench: Bench, peer: Peer, task: TaskName): Promise<number> {
  const seconds = bench.quick ? 0.8 : 3;
  const began = performance.now();
  const launched = await (peer.launchOneByOne?.(task, seconds, connections) ??
    oneByOne(peer, task, organizations(20), seconds));
  return launched / ((performance.now() - began) / 1_000);
}

/** Launches per second, in bulk. */
export async function bulkRate(bench: Bench, peer: Peer, task: TaskName): Promise<number> {
  const count = bench.quick ? 5_000 : 40_000;
  const began = performance.now();
  await peer.launchMany(task, count);
  return count / ((performance.now() - began) / 1_000);
}

async function oneByOne(
  peer: Peer,
  task: TaskName,
  known: readonly string[],
  seconds: number,
): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let launched = 0;
  const lane = async () => {
    while (performance.now() < end) {
      const organization = known[launched % known.length] ?? "";
      launched += 1;
      await peer.launchOne(task, organization);
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  return launched;
}
