import { Webhook } from "standardwebhooks";
import { Discard } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import { FetchError, safeFetch } from "../safe-fetch/index.ts";
import type { Target } from "./message.ts";
import { unseal } from "./sealed.ts";

const longestCallMs = 20_000;
const largestAnswer = 64 * 1024;

export type WebhookOptions = {
  targetId: string;
  /** The same for each attempt: who gets a message twice knows it by this. */
  messageId: string;
  key: string | undefined;
  allow: readonly string[];
  signal: AbortSignal;
};

/** Posts a message, signed as https://www.standardwebhooks.com has it. A status of 2xx is an arrival. */
export async function sendWebhook(target: Target, body: string, options: WebhookOptions): Promise<void> {
  const { targetId, messageId, key, allow, signal } = options;
  if (key === undefined || target.sealedSecret === null) {
    throw new Discard(
      "The worker has no NOTIFICATION_KEY to open the webhook's secret with.",
      "INVALID_SETTING",
    );
  }
  const webhook = new Webhook(unseal(target.sealedSecret, targetId, key));
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
