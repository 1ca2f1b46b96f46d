import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { runFaults } from "./run.ts";

test("eight random faults lose nothing, double nothing, leave nothing stuck", {
  timeout: 180_000,
}, async (context) => {
  const seed = randomInt(2 ** 31);
  context.diagnostic(`seed ${seed}`);
  const { jobs } = await runFaults({ seed, faults: 8, short: true, say: (line) => context.diagnostic(line) });
  assert.ok(jobs > 100, `only ${jobs} jobs were launched`);
});
