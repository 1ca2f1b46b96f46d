import type { Pool } from "pg";
import type { Logger } from "../../log.ts";
import { type Change, ChangeFeed } from "./feed.ts";
import { type Listener, startListener } from "./listener.ts";

const pollMs = 2_000;
/** While no notification can arrive. */
const pollDeafMs = 200;

export type LookoutOptions = {
  /** Connections of the login rowlock_api. */
  pool: Pool;
  /** For the one connection that listens; direct to the server. */
  listenUrl: string | undefined;
  logger: Logger;
  /** What has changed; null: some of it is unknown. */
  changed(changes: readonly Change[] | null): void;
};

/** Reads what was told of changes when a notification says so, and now and then without one. */
export class Lookout {
  readonly #options: LookoutOptions;
  readonly #feed: ChangeFeed;
  #listener: Listener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #began: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #lookedAt = 0;
  #stopped = false;

  constructor(options: LookoutOptions) {
    this.#options = options;
    this.#feed = new ChangeFeed(options.pool);
  }

  /** From when this settles on, every change is seen. Before the first is read, it must be known from where on they are news. */
  begin(): Promise<void> {
    if (this.#began !== undefined) return this.#began;
    const began = this.#feed
      .begin()
      .catch(() => undefined)
      .then(() => {
        // Whoever wanted to know may be gone by now.
        if (this.#began !== began || this.#stopped) return;
        const { listenUrl: url, logger } = this.#options;
        this.#listener = startListener({ url, logger, changed: () => void this.#look() });
        this.#timer = setInterval(() => this.#lookIfDue(), pollDeafMs).unref();
      });
    this.#began = began;
    return began;
  }

  /** Nobody wants to know; until the next `begin`. */
  async rest(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const listener = this.#listener;
    this.#listener = undefined;
    this.#began = undefined;
    await listener?.stop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.rest();
  }

  #lookIfDue(): void {
    const due = this.#listener?.connected() === true ? pollMs : pollDeafMs;
    if (Date.now() - this.#lookedAt >= due) void this.#look();
  }

  /** Reads what has changed; a call while it reads makes it read once more. */
  async #look(): Promise<void> {
    this.#lookAgain = true;
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async #lookOnce(): Promise<void> {
    while (this.#lookAgain && !this.#stopped) {
      this.#lookAgain = false;
      this.#lookedAt = Date.now();
      try {
        const { changes, lost } = await this.#feed.read();
        if (lost) this.#options.changed(null);
        else if (changes.length > 0) this.#options.changed(changes);
      } catch {
        // The database is away; the next look is soon, and says itself whether it has missed something.
        return;
      }
    }
  }
}
