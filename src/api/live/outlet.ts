import { RowlockError } from "../../sdk/index.ts";

/** What a connection may have unsent before its results are held back. */
const mostUnsent = 1_048_576;
/** Who reads nothing for so long is let go. */
const patienceMs = 30_000;
/** For the reason to reach who begins to read again. */
const farewellMs = 10_000;
const lookEveryMs = 100;

/** A connection, as bytes go out of it. */
export type Wire = {
  /** Bytes handed over and not sent. */
  unsent(): number;
  /** It takes too long to read what it asked for. */
  tooSlow(): void;
};

/**
 * Results on their way to one client. One that does not read as fast as things change costs no more than a bounded
 * queue: what is held back is replaced by the latest, and sent when there is room.
 */
export class Outlet {
  readonly #wire: Wire;
  /** By subscription: what is to be sent, and how. */
  readonly #held = new Map<string, { text: string; send: (text: string) => void }>();
  #timer: NodeJS.Timeout | undefined;
  #since = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Whether something waits for the client to read. */
  get isBehind(): boolean {
    return this.#held.size > 0;
  }

  /** @param isState whether a result stands for all before it; else they have to be read again by whoever is behind */
  next(id: string, text: string, isState: boolean, send: (text: string) => void): void {
    const held = this.#held.get(id);
    if (held === undefined && this.#wire.unsent() < mostUnsent) {
      send(text);
      return;
    }
    // That changes were missed is said once, however many are.
    const standsIn = isState ? text : (held?.text ?? asMissed(text));
    this.#held.set(id, { text: standsIn, send });
    if (this.#timer !== undefined) return;
    this.#since = performance.now();
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref();
  }

  /** The subscription is over. */
  drop(id: string): void {
    this.#held.delete(id);
  }

  close(): void {
    this.#held.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const [id, { text, send }] of this.#held) {
      if (this.#wire.unsent() >= mostUnsent) break;
      this.#held.delete(id);
      this.#since = performance.now();
      send(text);
    }
    if (this.#held.size === 0) this.close();
    else if (performance.now() - this.#since > patienceMs) {
      this.close();
      this.#wire.tooSlow();
    }
  }
}

/** Why a connection ends whose client has read nothing for too long. */
export function notRead(): RowlockError {
  return new RowlockError("NOT_READ", "Results were not read for half a minute. Connect again.");
}

/** How long a connection that has ended may take to say why, before it is cut. */
export function hangUpWithin(reason: RowlockError | undefined): number {
  return reason?.code === "NOT_READ" ? farewellMs : 1_000;
}

/** What stands for all changes that were held back: that they must be read again, whatever the fields are called. */
function asMissed(text: string): string {
  const result = JSON.parse(text) as { data?: Record<string, Record<string, unknown> | null> };
  for (const changes of Object.values(result.data ?? {})) {
    for (const [name, value] of Object.entries(changes ?? {})) {
      if (Array.isArray(value)) (changes ?? {})[name] = [];
      else if (typeof value === "boolean") (changes ?? {})[name] = true;
    }
  }
  return JSON.stringify(result);
}
