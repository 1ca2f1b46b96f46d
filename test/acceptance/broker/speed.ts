import assert from "node:assert/strict";
import { type BenchRun, runBench } from "./bench.ts";

/** A test's context: its signal ends the bench. */
type Run = { signal: AbortSignal };

const ownLimit = "limit: pgbench, Rowlock's own transaction";

/** Line 1: the real job beside the peers, and singly beside the limit of the same transaction. */
export async function realJobBesidePeers({ signal }: Run): Promise<string> {
  const run = await runBench({
    only: ["real-job", "real-job-singly"],
    peers: ["Rowlock", "graphile-worker", "BullMQ", "Celery"],
    rounds: 5,
    signal,
  });
  const beside = (peer: string) => run.ratio("real-job", "Rowlock", peer, "rate");
  return check(run, [
    ["× BullMQ", beside("BullMQ"), 2],
    ["× graphile-worker", beside("graphile-worker"), 2],
    ["× Celery", beside("Celery"), 6],
    ["× the limit, singly", run.ratio("real-job-singly", "Rowlock", ownLimit, "rate"), 0.55],
  ]);
}

/** Line 2: latency idle and at 500 jobs a second; launches, idle and busy. */
export async function launchesBesideGraphileWorker({ signal }: Run): Promise<string> {
  const run = await runBench({
    only: ["latency", "launches", "launches-busy"],
    peers: ["Rowlock", "graphile-worker"],
    rounds: 3,
    signal,
  });
  const beside = (scenario: string, key: string) => run.ratio(scenario, "Rowlock", "graphile-worker", key);
  return check(run, [
    ["graphile-worker's idle p50 ÷ ours", 1 / beside("latency", "idle-50"), 1 / 1.3],
    ["50 ms ÷ p99 at 500 jobs/s", 50 / run.median("latency", "Rowlock", "steady-99"), 1],
    ["× add_job one by one, busy", beside("launches-busy", "single"), 2],
    ["× add_jobs in bulk, busy", beside("launches-busy", "bulk"), 0.5],
    ["× add_jobs in bulk, idle", beside("launches", "bulk"), 0.5],
  ]);
}

/** Line 3: a backlog of a million, and ten thousand organizations. */
export async function largeBacklogs({ signal }: Run): Promise<string> {
  const run = await runBench({ only: ["backlog", "organizations"], peers: ["Rowlock"], rounds: 3, signal });
  const rate = (scenario: string, key: string) => run.median(scenario, "Rowlock", key);
  return check(run, [
    ["rate at 1,000,000 ÷ at 1,000", rate("backlog", "1000000-rate") / rate("backlog", "1000-rate"), 0.8],
    [
      "rate with 10,000 ÷ with 1 organization",
      rate("organizations", "10000") / rate("organizations", "1"),
      0.7,
    ],
  ]);
}

/** Line 4, starvation, beside every peer with its best setting. */
export async function starvationBesidePeers({ signal }: Run): Promise<string> {
  const run = await runBench({ only: ["starvation"], signal });
  return check(run, [
    ["1 s ÷ time until B's ten are done", 1 / run.median("starvation", "Rowlock", "seconds"), 1],
  ]);
}

/** All that fall short are named at once, with every figure of the run: a run takes minutes. */
function check(
  run: BenchRun,
  wanted: readonly (readonly [what: string, got: number, least: number])[],
): string {
  const lines = wanted.map(
    ([what, got, least]) =>
      `${got >= least ? "yes" : "NO "} ${what}: ${got.toPrecision(3)}, at least ${least.toPrecision(3)}`,
  );
  const text = ["", ...lines, run.text].join("\n");
  assert.ok(
    wanted.every(([, got, least]) => got >= least),
    text,
  );
  return text;
}
