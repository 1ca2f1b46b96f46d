import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { Bench } from "./lib/bench.ts";
import { installDebian } from "./lib/install.ts";
import { renderJson } from "./lib/json.ts";
import { describeMachine, load } from "./lib/machine.ts";
import { killAll } from "./lib/processes.ts";
import { renderReport } from "./lib/report.ts";
import type { Result } from "./lib/results.ts";
import { runScenario } from "./lib/run-scenario.ts";
import { type Redis, startPostgres, startRedis } from "./lib/servers.ts";
import { makePeers } from "./peers/index.ts";
import { scenarios } from "./scenarios/index.ts";

export type Options = {
  quick: boolean;
  /** Ids of scenarios to run; all when undefined. Then no page is written. */
  only: string[] | undefined;
  /** Names of peers to compare; all when undefined. Then no page is written. */
  peers: string[] | undefined;
  /** Rounds of each scenario, instead of its own number. Then no page is written. */
  rounds: number | undefined;
  /** File to which the raw results are written. */
  json: string | undefined;
};

const page = join(import.meta.dirname, "..", "docs", "benchmarks.md");

/** Runs the bench; prints the report and writes it to docs/benchmarks.md. */
export async function main({ quick, only, peers: named, rounds, json }: Options): Promise<void> {
  const chosen = scenarios.filter(({ id }) => only?.includes(id) ?? true);
  if (chosen.length === 0) {
    throw new Error(`There is no such scenario. Choose from ${scenarios.map(({ id }) => id).join(", ")}.`);
  }
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error(`--rounds is ${rounds}; it must be a whole number above zero.`);
  }
  await using ends = new AsyncDisposableStack();
  const loadBefore = load();
  const missing = await installDebian();
  const date = new Date();

  const folder = await mkdtemp(join(tmpdir(), "rowlock-bench-"));
  ends.defer(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres(folder);
  ends.defer(() => postgres.stop());
  const redis: Redis | undefined = missing.includes("redis-server") ? undefined : await startRedis(folder);
  ends.defer(async () => redis?.stop());
  ends.defer(killAll);

  const bench: Bench = { quick, folder, postgres, latencyFile: join(folder, "latency") };
  const servers = {
    redisSocket: redis?.socket,
    withCelery: !missing.some((name) => name.startsWith("python3")),
  };
  const all = makePeers(bench, servers);
  const peers = all.filter(({ name }) => named?.includes(name) ?? true);
  const fair = named === undefined ? makePeers(bench, servers, { fair: true }) : [];
  const stopped = interruption();
  const results: Result[] = [];
  for (const scenario of chosen) {
    results.push(await Promise.race([runScenario(bench, scenario, { peers, fair, rounds }), stopped]));
  }

  const report = renderReport({
    quick,
    date,
    minutes: (Date.now() - date.getTime()) / 60_000,
    machine: describeMachine(),
    loadBefore,
    programs: [
      `PostgreSQL ${postgres.version}, default settings: every commit waits for the disk`,
      ...(redis === undefined ? [] : [`Redis ${redis.version}, without persistence`]),
      ...peers.map(({ name, version, settings }) => `${name} ${version}: ${settings}`),
    ],
    missing: absentees(missing),
    results,
  });
  console.log(`\n${report}`);
  if (json !== undefined) await writeFile(json, renderJson({ quick, date, loadBefore, results }));
  if (only !== undefined || named !== undefined || rounds !== undefined) return;
  await writeFile(page, report);
  console.log(`Written to ${relative(process.cwd(), page)}.`);
}

/** A run without all peers beside it says which is missing and why. */
function absentees(missing: readonly string[]): string[] {
  const redis = missing.includes("redis-server");
  const python = missing.filter((name) => name.startsWith("python3"));
  const why = (names: readonly string[]) => `Debian's ${names.join(", ")} is not installed and could not be`;
  return [
    ...(redis ? [`BullMQ: ${why(["redis-server"])}`] : []),
    ...(redis || python.length > 0 ? [`Celery: ${why(redis ? ["redis-server", ...python] : python)}`] : []),
  ];
}

/** Rejects at Ctrl-C, SIGTERM or an error nobody caught, so that servers and workers are stopped; a second signal ends at once. */
function interruption(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  process.once("uncaughtException", reject);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      killAll();
      reject(new Error(`${signal}: stopped.`));
    });
  }
  promise.catch(() => undefined);
  return promise;
}
