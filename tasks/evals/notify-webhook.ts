import { notice, notify, readKeyRing, sendWebhook } from "../../src/evals/index.ts";
import { defineTask } from "../../src/jobs/index.ts";
import { readSettings } from "../../src/sdk/index.ts";

const { ALLOW_INTERNAL_ADDRESSES: allow, SECRET_KEYS } = readSettings();
const ring = readKeyRing(SECRET_KEYS);

export default defineTask({
  name: "evals/notify-webhook",
  description: "Tells a webhook that a test run has ended, signed.",
  kind: "long",
  input: notice,
  launchRole: "system",
  maxAttempts: 10,
  timeoutMs: 60_000,
  backOff: { baseMs: 5_000, maxMs: 60 * 60_000 },
  run: (given, context) =>
    notify(context, given, (target, message) => sendWebhook(context, target, message, { ring, allow })),
});
