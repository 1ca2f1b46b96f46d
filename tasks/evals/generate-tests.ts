import { generated, generateTests, generationInput, readKeyRing } from "../../src/evals/index.ts";
import { defineTask } from "../../src/jobs/index.ts";
import { readSettings } from "../../src/sdk/index.ts";

const { ALLOW_INTERNAL_ADDRESSES: allow, SECRET_KEYS } = readSettings();
const ring = readKeyRing(SECRET_KEYS);

export default defineTask({
  name: "evals/generate-tests",
  description: "Has a model write tests for a test set, as drafts that a person decides on.",
  kind: "long",
  input: generationInput,
  output: generated,
  // One after the other: two at once would not see what the other wrote.
  concurrency: { key: ({ testSetId }) => testSetId, limit: 1 },
  maxAttempts: 4,
  // Its stretch, and a call of ten minutes with another to mend its answer.
  timeoutMs: 22 * 60_000,
  backOff: { baseMs: 2_000, maxMs: 60_000 },
  run: (given, context) => generateTests(context, given, { allow, ring }),
});
