import type pg from "pg";
import type { Ledger, Queue } from "./ledger.ts";
import { readFronts } from "./statements.ts";

const passEveryMs = 500;
/** The walk takes at most a twentieth of the time; if a step is slow (the dead lie at the fronts), a hundredth. */
const share = { most: 20, slow: 100 };
const longStepMs = 4;
const slowStepMs = 15;
/** A step that a hiccup made slow does not put off the next one for long. */
const longestPauseMs = 2_000;
const mostQueues = 2_000;

/**
 * The walk through the fronts of all queues, over and over, a step at a time: it finds what was missed (a launch that
 * committed late, a delivery that got lost), whatever the reason.
 */
export class FrontWalk {
  readonly #client: pg.Client;
  readonly #ledger: Ledger;
  #after: Queue | undefined;
  #queues = 200;
  #nextAt = 0;
  #passBegan = 0;

  constructor(client: pg.Client, ledger: Ledger) {
    this.#client = client;
    this.#ledger = ledger;
  }

  /** Takes a step, if it is time. @param above no delivery has this number or a lower one */
  async step(above: number): Promise<void> {
    const began = performance.now();
    if (began < this.#nextAt) return;
    if (this.#after === undefined) this.#passBegan = began;
    const full = await this.#walk(this.#queues, above);
    const took = performance.now() - began;
    if (took > longStepMs) this.#queues = Math.max(10, this.#queues >> 1);
    else if (full) this.#queues = Math.min(mostQueues, this.#queues << 1);
    this.#nextAt = began + Math.min(longestPauseMs, took * (took > slowStepMs ? share.slow : share.most));
    if (!full) this.#nextAt = Math.max(this.#nextAt, this.#passBegan + passEveryMs);
  }

  /** Walks to the end, without regard for how long it takes: with this a leadership begins. */
  async whole(): Promise<void> {
    while (await this.#walk(mostQueues, 0));
    this.#nextAt = performance.now() + passEveryMs;
  }

  /** @returns whether there may be more */
  async #walk(queues: number, above: number): Promise<boolean> {
    const rows = await readFronts(this.#client, this.#after, queues, above);
    let last: Queue | undefined;
    for (const row of rows) {
      if (row.id !== null) this.#ledger.ready({ ...row, id: row.id });
      last = this.#ledger.queue(row);
    }
    const full = rows.length === queues;
    this.#after = full ? last : undefined;
    return full;
  }
}
