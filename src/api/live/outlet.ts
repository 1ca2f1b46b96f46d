import { GraphQLError } from "postgraphile/graphql";
import type { RowlockError } from "../../sdk/index.ts";

/** What a connection may have unsent before its results are held back. */
const mostUnsent = 1_048_576;
/** Who reads nothing for so long is let go. */
export const patienceMs = 30_000;
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

  /** @param whenBehind what is sent instead of everything that was held back */
  next(id: string, text: string, whenBehind: () => string, send: (text: string) => void): void {
    if (!this.#held.has(id) && this.#wire.unsent() < mostUnsent) {
      send(text);
      return;
    }
    this.#held.set(id, { text: whenBehind(), send });
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

/** What went wrong with a subscription, as GraphQL says it. */
export function asGraphqlError({ message, code }: RowlockError): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

/**
 * What stands for all results that were held back: of a state the latest, of changes that they must be read again. In
 * the shape of the one at hand, whatever its fields are called.
 */
export function standIn(text: string, isState: boolean): string {
  if (isState) return text;
  const result = JSON.parse(text) as { data?: Record<string, Record<string, unknown> | null> };
  for (const changes of Object.values(result.data ?? {})) {
    for (const [name, value] of Object.entries(changes ?? {})) {
      if (Array.isArray(value)) (changes ?? {})[name] = [];
      else if (typeof value === "boolean") (changes ?? {})[name] = true;
    }
  }
  return JSON.stringify(result);
}
