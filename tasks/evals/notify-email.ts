import { notice, notify, sendEmail } from "../../src/evals/index.ts";
import { defineTask } from "../../src/jobs/index.ts";
import { readSettings } from "../../src/sdk/index.ts";

const { SMTP_URL: smtpUrl, MAIL_FROM: from } = readSettings();

export default defineTask({
  name: "evals/notify-email",
  description: "Sends a mail that a test run has ended.",
  kind: "long",
  input: notice,
  launchRole: "system",
  maxAttempts: 10,
  timeoutMs: 2 * 60_000,
  backOff: { baseMs: 5_000, maxMs: 60 * 60_000 },
  run: (given, context) =>
    notify(context, given, (target, message) =>
      sendEmail(target, message, { messageId: context.job.id, smtpUrl, from, signal: context.signal }),
    ),
});
