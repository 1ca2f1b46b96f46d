import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

const root = join(import.meta.dirname, "../../..");

/** null: not reached within the time given. */
const figures = z.record(z.string(), z.number().nullable());
const rawResults = z.object({
  loadBefore: z.number(),
  scenarios: z.array(
    z.object({
      scenario: z.string(),
      rows: z.array(z.object({ name: z.string(), medians: figures, rounds: z.array(figures) })),
      absent: z.array(z.object({ name: z.string(), reason: z.string() })),
    }),
  ),
});

export type BenchRun = {
  /** Rows of a scenario. */
  rows(scenario: string): string[];
  /** The median of a row's rounds; Infinity when it was not reached. @throws when there is no such figure, with the reason */
  median(scenario: string, row: string, key: string): number;
  /** How often that of one row goes into that of another. */
  ratio(scenario: string, row: string, other: string, key: string): number;
  /** All medians, a scenario a line. */
  text: string;
};

export type BenchOptions = {
  only: readonly string[];
  peers?: readonly string[];
  rounds?: number;
  /** Ends the bench, which then stops its servers and workers. */
  signal: AbortSignal;
};

/** Runs scenarios of `npm run bench` in a process of its own: rounds in turns, all in one run. */
export async function runBench({ only, peers, rounds, signal }: BenchOptions): Promise<BenchRun> {
  const folder = await mkdtemp(join(tmpdir(), "rowlock-shows-"));
  try {
    const file = join(folder, "results.json");
    const options = [
      ...["--only", only.join(","), "--json", file],
      ...(peers === undefined ? [] : ["--peers", peers.join(",")]),
      ...(rounds === undefined ? [] : ["--rounds", String(rounds)]),
    ];
    // What `npm run bench` runs, without npm between: so that a signal reaches it.
    const bench = spawn(process.execPath, ["bench/run.ts", ...options], {
      cwd: root,
      signal,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [bench.stdout, bench.stderr]) stream.on("data", (data) => (output += String(data)));
    const [code] = await once(bench, "close");
    if (code !== 0)
      throw new Error(`npm run bench -- ${options.join(" ")} ended with ${code}:\n${output.slice(-3_000)}`);
    return read(JSON.parse(await readFile(file, "utf8")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function read(json: unknown): BenchRun {
  const { scenarios, loadBefore } = rawResults.parse(json);
  const scenarioOf = (id: string) => {
    const scenario = scenarios.find((one) => one.scenario === id);
    if (scenario === undefined) throw new Error(`The bench ran no scenario ${id}.`);
    return scenario;
  };
  const median = (id: string, name: string, key: string) => {
    const { rows, absent } = scenarioOf(id);
    const value = rows.find((row) => row.name === name)?.medians[key];
    if (value === undefined) {
      const reasons = absent.filter((one) => one.name === name).map(({ reason }) => reason);
      throw new Error(`${id} has no ${key} of ${name}: ${reasons.join("; ") || "it did not take part"}`);
    }
    return value ?? Number.POSITIVE_INFINITY;
  };
  return {
    rows: (id) => scenarioOf(id).rows.map(({ name }) => name),
    median,
    ratio: (id, name, other, key) => median(id, name, key) / median(id, other, key),
    text: [`load before ${loadBefore.toFixed(2)}`, ...scenarios.map(describe)].join("\n"),
  };
}

type RawScenario = z.infer<typeof rawResults>["scenarios"][number];

function describe({ scenario, rows, absent }: RawScenario): string {
  const shown = (value: number | null | undefined) =>
    value === null ? "∞" : value === undefined ? "–" : String(Number(value.toPrecision(4)));
  const texts = rows.map(
    ({ name, medians }) =>
      `${name}: ${Object.entries(medians)
        .map(([key, value]) => `${key} ${shown(value)}`)
        .join(", ")}`,
  );
  return `${scenario}: ${[...texts, ...absent.map(({ name, reason }) => `${name}: ${reason}`)].join(" | ")}`;
}
