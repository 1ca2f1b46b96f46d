import { RowlockError } from "../../sdk/index.ts";

/**
 * Why a model gave no answer that can be used. `busy` (429), `server` (5xx), `network`, `cut` (the answer broke off) and
 * `timeout` may pass; `setting` (key, id, URL or parameters refused) and `answer` will not without a change.
 */
export type ModelFailure = "busy" | "server" | "network" | "cut" | "timeout" | "setting" | "answer";

const passing: ReadonlySet<ModelFailure> = new Set(["busy", "server", "network", "cut", "timeout"]);

/** MODEL_FAILED, or MODEL_REFUSED when a setting has to be corrected. */
export class ModelError extends RowlockError {
  readonly reason: ModelFailure;
  /** How long the provider asks to be left alone, if it says so. */
  readonly retryAfterMs: number | null;

  constructor(
    reason: ModelFailure,
    message: string,
    options: { retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    const cause = options.cause === undefined ? {} : { cause: options.cause };
    super(reason === "setting" ? "MODEL_REFUSED" : "MODEL_FAILED", message, cause);
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }

  /** Whether asking again later may help. Doing so is the job's part. */
  get passing(): boolean {
    return passing.has(this.reason);
  }
}
