import { RowlockError } from "../../sdk/index.ts";

/** Why a call failed; `network` and `timeout` may pass when tried again, the others hardly. */
export type FetchFailure = "network" | "timeout" | "too_large" | "redirect" | "encoding" | "answer";

/** FETCH_FAILED with its reason and, when the other side got as far as a status line, its HTTP status. */
export class FetchError extends RowlockError {
  readonly reason: FetchFailure;
  readonly httpStatus: number | null;
  /** How long the other side asks to be left alone; null when it does not. */
  readonly retryAfterMs: number | null;

  constructor(
    reason: FetchFailure,
    message: string,
    options: { httpStatus?: number | null; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super("FETCH_FAILED", message, options.cause === undefined ? {} : { cause: options.cause });
    this.reason = reason;
    this.httpStatus = options.httpStatus ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
