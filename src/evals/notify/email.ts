import { createTransport } from "nodemailer";
import { Discard } from "../../jobs/index.ts";
import { type Message, message, type Target } from "./message.ts";

const longestWaitMs = 20_000;

export type EmailOptions = {
  messageId: string;
  smtpUrl: string | undefined;
  from: string | undefined;
  signal: AbortSignal;
};

/** Hands a mail to the operator's server. What it refuses for good (5xx) is not sent again. */
export async function sendEmail(target: Target, json: string, options: EmailOptions): Promise<void> {
  const { messageId, smtpUrl, from, signal } = options;
  if (smtpUrl === undefined || from === undefined) {
    throw new Discard("The worker has no SMTP_URL or MAIL_FROM.", "INVALID_SETTING");
  }
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: longestWaitMs,
    greetingTimeout: longestWaitMs,
    socketTimeout: longestWaitMs,
    // A text is never a file's name or a URL to read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const stop = () => transport.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await transport.sendMail({
      from,
      to: { name: "", address: target.address },
      messageId: `<${messageId}@rowlock>`,
      headers: { "auto-submitted": "auto-generated" },
      ...writeMail(message.parse(JSON.parse(json))),
    });
  } catch (error) {
    if (isFinal(error)) throw new Discard(`The mail server refuses it: ${error.message}`, "MAIL_REFUSED");
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    transport.close();
  }
}

/** Subject and text of a mail. */
export function writeMail({ data }: Message): { subject: string; text: string } {
  const { run, testSet, endpoint, regressions } = data;
  const rate = run.passRate === null ? "none judged" : `${(run.passRate * 100).toFixed(1)} %`;
  const lines = [
    `${run.passed} of ${run.total} tests passed, ${run.failed} failed, ${run.errored} errored, ${run.cancelled} cancelled.`,
    `Pass rate: ${rate}.`,
    ...(regressions === null ? [] : [`Failed now and passed in the run before: ${regressions}.`]),
    "",
    `Test set: ${testSet}`,
    `Endpoint: ${endpoint}`,
    `Run: ${run.id}`,
  ];
  return { subject: `Test run ${run.state}: ${testSet}, ${rate}`, text: `${lines.join("\n")}\n` };
}

function isFinal(error: unknown): error is Error {
  return (
    error instanceof Error &&
    "responseCode" in error &&
    typeof error.responseCode === "number" &&
    error.responseCode >= 500
  );
}
