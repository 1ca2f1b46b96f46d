import { glob } from "node:fs/promises";
import { basename, relative, resolve, sep } from "node:path";
import { runFiles } from "../test/helpers/run-files.ts";
import { buildDashboard } from "../test/web/built.ts";

/** Acceptance tests with quick lines, which run with all others; long ones skip and run with `npm run acceptance`. */
const quickAcceptance: readonly string[] = ["spine", "ai-test-runs", "live"];

/** Files that take longest, as the end of a whole run says. */
const long: readonly string[] = [
  ...["faults/faults", "tooling/check", "cli/test-run", "cli/commands", "attack/each-policy"],
  ...["tooling/build", "acceptance/ai-test-runs", "attack/each-hole", "docs/docs"],
];

const root = resolve(import.meta.dirname, "..");

async function testFiles(): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob("test/**/*.test.ts", { cwd: root })) {
    const slow = file.startsWith(`test${sep}acceptance${sep}`);
    if (!slow || quickAcceptance.includes(basename(file, ".test.ts"))) found.push(resolve(root, file));
  }
  return found.sort((a, b) => turnOf(a) - turnOf(b) || (a < b ? -1 : 1));
}

/**
 * Browsers first, and beside each other: what they take of the processors, tests that measure time would miss. Long files
 * before short ones, so that the end is not one alone.
 */
function turnOf(file: string): number {
  const within = relative(resolve(root, "test"), file).replaceAll(sep, "/");
  if (within.startsWith("web/")) return 0;
  return long.includes(within.replace(/\.test\.ts$/, "")) ? 1 : 2;
}

// Each file is a process, and starts others: what one has compiled, all those after it take over. A second each.
process.env.NODE_COMPILE_CACHE ??= resolve(root, ".artifacts/compile-cache");

const named = process.argv.slice(2).map((file) => resolve(file));
const files = named.length > 0 ? named : await testFiles();
// Before any of them starts: two that build it at the same time would take it from under each other.
if (files.some((file) => /[\\/](web|live\.test\.ts)/.test(relative(root, file)))) await buildDashboard();
process.exitCode = await runFiles({
  files,
  concurrency: 2,
  // Bounds for what hangs, not for what is slow: a loaded machine takes several times as long.
  testTimeoutMs: 300_000,
  runTimeoutMs: 2_400_000,
});
