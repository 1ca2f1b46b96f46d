import { RowlockError } from "../../sdk/index.ts";

/** The judge cannot be had for the moment: it is down, busy, or said something that is no verdict. */
export class JudgeUnavailable extends RowlockError {
  /** When to ask again, in milliseconds, if the judge said so. */
  readonly retryAfterMs: number | null;
  /** It answered, and was paid for it, but gave no verdict. */
  readonly answered: boolean;

  constructor(
    message: string,
    options: { retryAfterMs?: number | null; answered?: boolean; cause?: unknown } = {},
  ) {
    super("MODEL_FAILED", message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "JudgeUnavailable";
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.answered = options.answered ?? false;
  }
}
