import type pg from "pg";
import type { Ledger, Queue } from "./ledger.ts";
import { readFronts } from "./statements.ts";

const passEveryMs = 500;
/** The walk takes at most a twentieth of the time. */
const share = 20;
const longStepMs = 4;
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

  /** Takes a step, if it is time. */
  async step(): Promise<void> {
    if (performance.now() < this.#nextAt) return;
    await this.#step();
  }

  /** Walks to the end: with this a leadership begins. */
  async whole(): Promise<void> {
    this.#queues = mostQueues;
    do await this.#step(mostQueues);
    while (this.#after !== undefined);
  }

  async #step(queues = this.#queues): Promise<void> {
    const began = performance.now();
    if (this.#after === undefined) this.#passBegan = began;
    const rows = await readFronts(this.#client, this.#after, queues);
    let last: Queue | undefined;
    for (const row of rows) {
      if (row.id !== null) this.#ledger.ready({ ...row, id: row.id });
      last = this.#ledger.queue(row);
    }
    const took = performance.now() - began;
    const full = rows.length === queues;
    this.#after = full ? last : undefined;
    if (took > longStepMs) this.#queues = Math.max(10, this.#queues >> 1);
    else if (full) this.#queues = Math.min(mostQueues, this.#queues << 1);
    this.#nextAt = began + took * share;
    if (!full) this.#nextAt = Math.max(this.#nextAt, this.#passBegan + passEveryMs);
  }
}
