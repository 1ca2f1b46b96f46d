import { relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { holdServer } from "./postgres.ts";

/** Files in the table at the end of a longer run. */
const slowestShown = 12;

export type RunOptions = {
  /** Absolute paths of test files. */
  files: string[];
  /** Files at once. */
  concurrency: number;
  /** Longest single test, in milliseconds. */
  testTimeoutMs: number;
  /** Longest run; a file that never ends (an open handle) is cut off here and named. */
  runTimeoutMs: number;
  /** Only tests whose names begin with one of these. */
  names?: string[];
};

/**
 * Runs test files against one server made for the run and prints what was skipped and why.
 * @returns 0 when every test passed and at least one ran; each file must run one
 */
export async function runFiles(options: RunOptions): Promise<number> {
  // Before the server starts, so that an early Ctrl-C leaves none behind.
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupt.abort());
  const server = await holdServer();
  console.log(`Tests use ${server.description}.`);
  try {
    return await runAgainstServer(options, interrupt.signal);
  } finally {
    await server.release();
  }
}

async function runAgainstServer(options: RunOptions, interrupted: AbortSignal): Promise<number> {
  const tally = { ran: new Map(options.files.map((file) => [file, 0])), skipped: [] as string[], failed: 0 };
  const ended = new Map<string, number>();
  const tooLong = AbortSignal.timeout(options.runTimeoutMs);
  const stream = run({
    files: options.files,
    concurrency: options.concurrency,
    timeout: options.testTimeoutMs,
    signal: AbortSignal.any([interrupted, tooLong]),
    testNamePatterns: (options.names ?? []).map((name) => new RegExp(`^${name.replaceAll(".", "\\.")}`)),
  });
  stream.on("test:pass", ({ file, name, skip, todo, details }) => {
    // A file without a test is reported as one of the file's name.
    if (file === undefined || details.type === "suite" || name === file) return;
    if (skip === undefined && todo === undefined) tally.ran.set(file, (tally.ran.get(file) ?? 0) + 1);
    else tally.skipped.push(`${relative(process.cwd(), file)}: ${name}: ${reason(skip ?? todo)}`);
  });
  stream.on("test:fail", ({ file }) => {
    tally.failed += 1;
    if (file !== undefined) tally.ran.set(file, (tally.ran.get(file) ?? 0) + 1);
  });
  stream.on("test:summary", ({ file, duration_ms }) => {
    if (file !== undefined) ended.set(file, duration_ms);
  });
  const report = stream.compose(spec);
  report.pipe(process.stdout);
  await new Promise((resolve, reject) => report.once("end", resolve).once("error", reject));

  for (const line of tally.skipped) console.log(`skipped: ${line}`);
  if (ended.size > slowestShown) {
    const slowest = [...ended].sort(([, a], [, b]) => b - a).slice(0, slowestShown);
    console.log("The slowest files:");
    for (const [file, ms] of slowest) {
      console.log(`${(ms / 1000).toFixed(1).padStart(7)} s  ${relative(process.cwd(), file)}`);
    }
  }
  const complaints: string[] = [];
  if (interrupted.aborted) complaints.push("The run was interrupted.");
  if (tooLong.aborted) {
    const open = options.files
      .filter((file) => !ended.has(file))
      .map((file) => relative(process.cwd(), file));
    complaints.push(`The run took more than ${options.runTimeoutMs / 1000} s; not ended: ${open.join(", ")}`);
  }
  for (const [file, count] of tally.ran) {
    const skippedHere = tally.skipped.some((line) => line.startsWith(`${relative(process.cwd(), file)}: `));
    if (count === 0 && !skippedHere) complaints.push(`${relative(process.cwd(), file)} ran no test.`);
  }
  if ([...tally.ran.values()].every((count) => count === 0)) complaints.push("No test was executed.");
  for (const line of complaints) console.error(line);
  return tally.failed > 0 || complaints.length > 0 ? 1 : 0;
}

function reason(mark: string | boolean | undefined): string {
  return typeof mark === "string" && mark !== "" ? mark : "no reason given";
}
