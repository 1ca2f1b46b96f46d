/** Thrown by a handler: try again later, on its own terms. Costs no attempt. The message is shown to the tenant. */
export class RetryLater extends Error {
  readonly delayMs: number;

  /** @param delayMs milliseconds from now, at most 30 days */
  constructor(message: string, delayMs: number) {
    super(message);
    this.name = "RetryLater";
    this.delayMs = Math.min(Math.max(0, delayMs), 30 * 86_400_000);
  }
}

/** What `sleep` ends an attempt with. Let it pass: whoever catches it stays awake. */
export class Asleep extends Error {
  readonly delayMs: number;

  constructor(delayMs: number) {
    super("The job sleeps.");
    this.name = "Asleep";
    this.delayMs = delayMs;
  }
}

/** Thrown by a handler: trying again is of no use. The job is failed at once. Code and message are shown to the tenant. */
export class Discard extends Error {
  readonly code: string;

  /** @param code of your own, in capitals, such as "NO_SUCH_DOCUMENT"; default TASK_FAILED */
  constructor(message: string, code = "TASK_FAILED") {
    super(message);
    this.name = "Discard";
    this.code = code;
  }
}
