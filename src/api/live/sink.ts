import type { RowlockError } from "../../sdk/index.ts";

/** Where a subscription's results go: a socket or a stream. */
export type Sink = {
  /**
   * Takes an execution result as JSON, the same text for all who watch the same. One that is not read fast enough keeps
   * the latest state, or says `resync`.
   */
  next(text: string): void;
  /** The subscription cannot go on; the connection can. */
  fail(error: RowlockError): void;
  /** The server has nothing more to say. */
  complete(): void;
};
