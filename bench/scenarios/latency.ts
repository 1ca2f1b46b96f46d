import { readFile, truncate, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, organizations } from "../lib/bench.ts";
import { percentile } from "../lib/stats.ts";
import type { Peer } from "../peers/index.ts";
import { type Column, type Figures, milliseconds, type Scenario } from "./scenario.ts";

const perSecond = 500;
const lostAfterMs = 15_000;

const shares = [50, 95, 99] as const;
const columnsOf = (load: string): Column[] =>
  shares.map((share) => ({
    key: `${load}-${share}`,
    title: `${load}, p${share}`,
    format: milliseconds,
    ...(share === 50 ? { ratio: true } : {}),
  }));

export const latency: Scenario = {
  id: "latency",
  title: "From launch to start, milliseconds",
  note:
    `From the call that launches to the handler's first line; idle, one job at a time; and at a steady ${perSecond} launches ` +
    "a second, on a clock that does not wait for slow ones. One worker process, 8 at once.",
  columns: () => [...columnsOf("idle"), ...columnsOf("steady")],
  rounds: () => 1,
  async measure(bench, peer) {
    const known = organizations(20);
    await writeFile(bench.latencyFile, "");
    await peer.setUp(known);
    await peer.launchMany("stamp", 1);
    const workers = await peer.startWorkers(1, 8);
    try {
      await workers.started();
      await stamps(bench, 1);
      await sleep(500);
      const idle = await idleLaunches(bench, peer, known, bench.quick ? 40 : 300);
      // Warm, unmeasured: connections open and plans are made.
      await steadyLaunches(bench, peer, known, bench.quick ? 250 : 1_000);
      const steady = await steadyLaunches(bench, peer, known, bench.quick ? 1_000 : 5_000);
      return { ...figures("idle", idle), ...figures("steady", steady) };
    } finally {
      await workers.stop();
    }
  },
};

async function idleLaunches(
  bench: Bench,
  peer: Peer,
  known: readonly string[],
  count: number,
): Promise<number[]> {
  const found: number[] = [];
  for (let n = 0; n < count; n += 1) {
    await truncate(bench.latencyFile);
    await peer.launchOne("stamp", known[n % known.length] ?? "");
    found.push(...(await stamps(bench, 1)));
    // Uneven, so that it keeps no step with anyone's polling.
    await sleep(5 + Math.random() * 10);
  }
  return found;
}

async function steadyLaunches(
  bench: Bench,
  peer: Peer,
  known: readonly string[],
  count: number,
): Promise<number[]> {
  await truncate(bench.latencyFile);
  const began = performance.now();
  const launched: Promise<void>[] = [];
  while (launched.length < count) {
    const due = Math.min(count, Math.ceil(((performance.now() - began) / 1_000) * perSecond));
    while (launched.length < due) {
      launched.push(peer.launchOne("stamp", known[launched.length % known.length] ?? ""));
    }
    await sleep(1);
  }
  await Promise.all(launched);
  return await stamps(bench, count);
}

/** Waits until so many jobs have begun; their latencies in milliseconds. */
async function stamps(bench: Bench, count: number): Promise<number[]> {
  for (const deadline = Date.now() + lostAfterMs; Date.now() < deadline; await sleep(2)) {
    const lines = (await readFile(bench.latencyFile, "utf8")).split("\n").filter(Boolean);
    if (lines.length >= count) return lines.map((line) => Number(line) / 1_000);
  }
  throw new Error(`Not all of ${count} jobs began within ${lostAfterMs / 1_000} s.`);
}

function figures(load: string, values: readonly number[]): Figures {
  return Object.fromEntries(shares.map((share) => [`${load}-${share}`, percentile(values, share / 100)]));
}
