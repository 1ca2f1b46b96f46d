import { z } from "zod";
import { readKeyRing, runTest } from "../../src/evals/index.ts";
import { defineTask } from "../../src/jobs/index.ts";
import { readSettings } from "../../src/sdk/index.ts";

const { ALLOW_INTERNAL_ADDRESSES, SECRET_KEYS } = readSettings();
const ring = readKeyRing(SECRET_KEYS);

export default defineTask({
  name: "evals/run-test-in-turn",
  description:
    "As evals/run-test, where the endpoint takes only so many calls at once: one at a time of each lane.",
  kind: "long",
  input: z.object({ id: z.uuid(), lane: z.string() }),
  launchRole: "system",
  maxAttempts: 4,
  timeoutMs: 11 * 60_000,
  // A limit differs from endpoint to endpoint, and a task has one: so an endpoint has as many lanes as its limit says.
  concurrency: { key: ({ lane }) => lane, limit: 1 },
  backOff: { baseMs: 2_000, maxMs: 60_000 },
  run: ({ id }, context) => runTest(context, id, ALLOW_INTERNAL_ADDRESSES, undefined, ring),
});
