import { Webhook } from "standardwebhooks";
import { Discard, type LongContext } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import { FetchError, safeFetch } from "../safe-fetch/index.ts";
import { type KeyRing, openSecret } from "../secrets/index.ts";
import { type Target, webhookPurpose } from "./message.ts";

const longestCallMs = 20_000;
const largestAnswer = 64 * 1024;

export type WebhookOptions = { ring: KeyRing; allow: readonly string[] };

/**
 * Posts a message, signed as https://www.standardwebhooks.com has it, under an id that is the same for each attempt: who
 * gets it twice knows it by this. A status of 2xx is an arrival; a redirect is none, as what it leads to as a GET would
 * not have got the message.
 */
export async function sendWebhook(
  { job, transaction, signal }: LongContext,
  target: Target,
  body: string,
  { ring, allow }: WebhookOptions,
): Promise<void> {
  const { secretId } = target;
  if (secretId === null) throw new Discard("The target is no webhook.", "INVALID_ARGUMENT");
  const webhook = new Webhook(await transaction((tx) => openSecret(tx, ring, webhookPurpose, secretId)));
  const messageId = `msg_${job.id}`;
  const now = new Date();
  try {
    const { status } = await safeFetch({
      url: target.address,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "webhook-id": messageId,
        "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
        "webhook-signature": webhook.sign(messageId, now, body),
      },
      body,
      timeoutMs: longestCallMs,
      maxBytes: largestAnswer,
      signal,
      allow,
      follow: false,
    });
    if (status === 410) throw new Discard("The webhook answers 410: it wants no more of it.", "FETCH_FAILED");
    if (status < 200 || status > 299) {
      throw new FetchError("answer", `The webhook answered ${status}; 2xx is an arrival.`, {
        httpStatus: status,
      });
    }
  } catch (error) {
    // It arrived; what was answered is too much to read and of no interest.
    if (error instanceof FetchError && error.reason === "too_large" && isArrival(error.httpStatus)) return;
    if (error instanceof RowlockError && !(error instanceof FetchError))
      throw new Discard(error.message, error.code);
    throw error;
  }
}

function isArrival(status: number | null): boolean {
  return status !== null && status >= 200 && status <= 299;
}
