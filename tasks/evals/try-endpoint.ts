import { readKeyRing, tried, tryEndpoint, tryInput } from "../../src/evals/index.ts";
import { defineTask } from "../../src/jobs/index.ts";
import { readSettings } from "../../src/sdk/index.ts";

const { ALLOW_INTERNAL_ADDRESSES, SECRET_KEYS } = readSettings();
const ring = readKeyRing(SECRET_KEYS);

export default defineTask({
  name: "evals/try-endpoint",
  description: "Calls an endpoint once with one input: what is sent, what is answered, what is made of it.",
  kind: "long",
  input: tryInput,
  output: tried,
  maxAttempts: 1,
  timeoutMs: 2 * 60_000,
  run: (payload, context) => tryEndpoint(context, payload, { allow: ALLOW_INTERNAL_ADDRESSES, ring }),
});
