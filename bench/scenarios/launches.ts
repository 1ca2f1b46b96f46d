import { organizations } from "../lib/bench.ts";
import type { Peer } from "../peers/index.ts";
import { perSecond, type Scenario } from "./scenario.ts";

const connections = 8;

export const launches: Scenario = {
  id: "launches",
  title: "Launches per second",
  note:
    "One by one from 8 connections, each launch durable before the next on Postgres (not on Redis); and in bulk from " +
    "one connection, 1,000 at a time (Celery has no bulk form). No worker runs.",
  columns: () => [
    { key: "single", title: "one by one", format: perSecond, ratio: true },
    { key: "bulk", title: "in bulk", format: perSecond, ratio: true },
  ],
  rounds: (quick) => (quick ? 1 : 2),
  async measure(bench, peer) {
    const known = organizations(20);
    await peer.setUp(known);
    // The first use of a connection, of a prepared statement and of Python is not measured.
    await peer.launchMany("noop", 100);

    const seconds = bench.quick ? 0.8 : 3;
    const began = performance.now();
    const launched = await (peer.launchOneByOne?.(seconds, connections) ?? oneByOne(peer, known, seconds));
    const single = launched / ((performance.now() - began) / 1_000);

    const count = bench.quick ? 5_000 : 40_000;
    const bulkBegan = performance.now();
    await peer.launchMany("noop", count);
    return { single, bulk: count / ((performance.now() - bulkBegan) / 1_000) };
  },
};

async function oneByOne(peer: Peer, known: readonly string[], seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let launched = 0;
  const lane = async () => {
    while (performance.now() < end) {
      const organization = known[launched % known.length] ?? "";
      launched += 1;
      await peer.launchOne("noop", organization);
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  return launched;
}
