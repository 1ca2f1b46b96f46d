import { notice, notify, sendWebhook } from "../../src/evals/index.ts";
import { defineTask } from "../../src/jobs/index.ts";
import { readSettings } from "../../src/sdk/index.ts";

const { ALLOW_INTERNAL_ADDRESSES: allow, NOTIFICATION_KEY: key } = readSettings();

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
    notify(context, given, (target, message) =>
      sendWebhook(target, message, {
        targetId: given.targetId,
        messageId: `msg_${context.job.id}`,
        key,
        allow,
        signal: context.signal,
      }),
    ),
});
