import { organizations } from "../lib/bench.ts";
import { measureDrain } from "../lib/drain.ts";
import type { Peer } from "../peers/index.ts";
import { megabytes, perSecond, type Scenario } from "./scenario.ts";

const rate = { key: "rate", title: "jobs/s", format: perSecond, ratio: true } as const;
/** A short run has fewer peers in its later tables. */
export function shortRun(peer: Peer, quick: boolean): string | undefined {
  const stays = peer.name === "Rowlock" || peer.name === "graphile-worker";
  return quick && !stays ? "left out of a short run" : undefined;
}

const maxSeconds = (quick: boolean) => (quick ? 2 : 6);

export const realJob: Scenario = {
  id: "real-job",
  title: "The real job",
  note:
    "A backlog of 20 organizations; each job inserts one row into an application table. Rowlock inserts under " +
    "row-level security, stores a result and does both exactly once; the others only insert, at least once. " +
    "One worker process, 8 at once. Memory: the most the worker took, with all its processes.",
  columns: () => [rate, { key: "memory", title: "worker, MB", format: megabytes }],
  rounds: (quick) => (quick ? 1 : 3),
  async measure(bench, peer) {
    const { rate, memory } = await measureDrain(bench, peer, {
      task: "insert",
      count: bench.quick ? 20_000 : 60_000,
      organizations: organizations(20),
      maxSeconds: maxSeconds(bench.quick),
    });
    return { rate, memory };
  },
};

export const noop: Scenario = {
  id: "no-op",
  title: "A job that does nothing",
  note: "A backlog of 20 organizations, one worker process, 8 at once.",
  columns: () => [rate],
  rounds: (quick) => (quick ? 1 : 2),
  async measure(bench, peer) {
    const { rate } = await measureDrain(bench, peer, {
      task: "noop",
      count: bench.quick ? 30_000 : 100_000,
      organizations: organizations(20),
      maxSeconds: bench.quick ? 1.5 : 4,
    });
    return { rate };
  },
};

export const waiting: Scenario = {
  id: "waiting",
  title: "50 ms of waiting, 100 at once",
  note: "One worker process; the bound is 2,000 a second. Celery forks 100 processes for it.",
  columns: () => [rate, { key: "memory", title: "worker, MB", format: megabytes }],
  rounds: (quick) => (quick ? 1 : 2),
  leavesOut: (peer, quick) =>
    quick && peer.name === "Celery" ? "left out of a short run, as it would fork 100 processes" : undefined,
  async measure(bench, peer) {
    const { rate, memory } = await measureDrain(bench, peer, {
      task: "wait",
      count: bench.quick ? 4_000 : 12_000,
      organizations: organizations(20),
      concurrency: 100,
      maxSeconds: maxSeconds(bench.quick),
    });
    return { rate, memory };
  },
};

export const twoWorkers: Scenario = {
  id: "two-workers",
  title: "The real job, two worker processes",
  note: "As the real job, with two processes of 8 at once each.",
  columns: () => [rate],
  rounds: (quick) => (quick ? 1 : 2),
  leavesOut: shortRun,
  async measure(bench, peer) {
    const { rate } = await measureDrain(bench, peer, {
      task: "insert",
      count: bench.quick ? 20_000 : 60_000,
      organizations: organizations(20),
      workers: 2,
      maxSeconds: maxSeconds(bench.quick),
    });
    return { rate };
  },
};
