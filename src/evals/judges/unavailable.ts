import { RowlockError } from "../../sdk/index.ts";

/** The judge cannot be had for the moment: it is down, busy, or said something that is no verdict. */
export class JudgeUnavailable extends RowlockError {
  /** When to ask again, in milliseconds, if the judge said so. */
  readonly retryAfterMs: number | null;

  constructor(message: string, options: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super("FETCH_FAILED", message, options);
    this.name = "JudgeUnavailable";
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
