import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { runFiles } from "../test/helpers/run-files.ts";

const longestMs = 3 * 60 * 60_000;

/**
 * `npm run acceptance -- <name> …` runs test/acceptance/<name>.test.ts; these may take long. `<name>:<number>` runs that
 * line alone.
 */
const folder = resolve(import.meta.dirname, "..", "test", "acceptance");
const wanted = process.argv.slice(2).map((argument) => argument.split(":", 2));
const names = [...new Set(wanted.map(([name = ""]) => name))];
const lines = wanted.flatMap(([, number]) => (number === undefined ? [] : [`${number}. `]));
const files = names.map((name) => resolve(folder, `${name}.test.ts`));
const missing = names.filter((_, index) => !existsSync(files[index] ?? ""));

if (names.length === 0 || missing.length > 0) {
  const known = (await readdir(folder)).flatMap((file) => /^(.+)\.test\.ts$/.exec(file)?.[1] ?? []);
  console.error(
    `${missing.length > 0 ? `There is no acceptance test ${missing.join(", ")}. ` : ""}` +
      `Name one or more of: ${known.join(", ") || "(there are none yet)"}.`,
  );
  process.exitCode = 1;
} else {
  process.env.ROWLOCK_ACCEPTANCE = "on";
  process.exitCode = await runFiles({
    files,
    concurrency: 1,
    testTimeoutMs: longestMs,
    runTimeoutMs: longestMs,
    names: lines,
  });
}
