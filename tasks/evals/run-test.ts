import { z } from "zod";
import { readKeyRing, runTest } from "../../src/evals/index.ts";
import { defineTask } from "../../src/jobs/index.ts";
import { readSettings } from "../../src/sdk/index.ts";

const { ALLOW_INTERNAL_ADDRESSES, SECRET_KEYS } = readSettings();
const ring = readKeyRing(SECRET_KEYS);

export default defineTask({
  name: "evals/run-test",
  description: "Runs one test of a test run: asks the endpoint, stores the output, judges it.",
  kind: "long",
  input: z.object({ id: z.uuid() }),
  launchRole: "system",
  maxAttempts: 4,
  timeoutMs: 11 * 60_000,
  backOff: { baseMs: 2_000, maxMs: 60_000 },
  run: ({ id }, context) => runTest(context, id, ALLOW_INTERNAL_ADDRESSES, undefined, ring),
});
