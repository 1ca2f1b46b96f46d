/**
 * `npm run test:faults` inflicts random faults on a world of its own and checks after each that every job ended once.
 * `--seed N` draws the same again, `--faults N` says how many (200), `--only WORD` draws from some kinds only.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { runFaults } from "../test/faults/run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(randomInt(2 ** 31)) },
    faults: { type: "string", default: "200" },
    short: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupt.abort());

const began = performance.now();
try {
  const { faults, jobs, longestRecoveryMs } = await runFaults({
    seed: Number(values.seed),
    faults: Number(values.faults),
    short: values.short,
    only: values.only,
    signal: interrupt.signal,
  });
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  console.log(
    `${faults} faults, ${jobs} jobs: none lost, none doubled, none stuck; longest recovery ${(longestRecoveryMs / 1000).toFixed(1)} s; ${minutes} min`,
  );
} catch (error) {
  // What went wrong first: what could not be stopped because of it comes after.
  const first: unknown = error instanceof SuppressedError ? error.suppressed : error;
  console.error(first instanceof Error ? first.message : first);
  process.exitCode = 1;
}
