import type { Pool } from "pg";

/** Jobs of an organization that have changed; null: many, or nobody knows which. */
export type Change = { organizationId: string; ids: readonly string[] | null };

/** The table remembers about a minute; who looked last longer ago may have missed something. */
const remembersMs = 45_000;
/** A number that was given and is not there belongs to a transaction that is open, or was rolled back. */
const awaitsMs = 60_000;
const awaitsMost = 5_000;

type Row = { seq: string; organization_id: string; ids: string[] | null };

/**
 * Reads changes from the table, each once. Numbers are given before they are committed, so a lower one may come after a
 * higher one: those that were passed over are asked for until they come, or for a minute.
 */
export class ChangeFeed {
  readonly #pool: Pool;
  #newest = 0;
  /** Numbers passed over, and since when. */
  readonly #missing = new Map<number, number>();
  /** Seen, and must still be there: a table emptied by a crash lacks it. */
  #witness: { seq: number; at: number } | undefined;
  #readAt: number | undefined;

  /** @param pool of the login rowlock_api */
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Begins anew: what was told before this is not read any more. */
  async begin(): Promise<void> {
    const { rows } = await this.#pool.query<{ newest: string }>(
      "select rowlock_private.newest_change() as newest",
    );
    this.#newest = Number(rows[0]?.newest ?? 0);
    this.#missing.clear();
    this.#witness = undefined;
    // Given to transactions that are still open, perhaps; those that are there already are not news.
    for (let seq = Math.max(1, this.#newest - 100); seq <= this.#newest; seq += 1)
      this.#missing.set(seq, Date.now());
    for (const { seq } of await this.#select()) this.#missing.delete(Number(seq));
    this.#readAt = Date.now();
  }

  /** What is new. `lost`: some of it may be unknown, so everything must be read again. */
  async read(): Promise<{ changes: Change[]; lost: boolean }> {
    const began = Date.now();
    const changes: Change[] = [];
    const before = this.#newest;
    const witness = this.#witness;
    let lost = this.#readAt === undefined || began - this.#readAt > remembersMs;
    const rows = await this.#select();
    const seqs = new Set(rows.map(({ seq }) => Number(seq)));
    if (witness !== undefined && began - witness.at < remembersMs / 2 && !seqs.has(witness.seq)) lost = true;
    for (const { seq: text, organization_id: organizationId, ids } of rows) {
      const seq = Number(text);
      if (seq === witness?.seq) continue;
      if (seq > this.#newest) this.#newest = seq;
      if (seq <= before && !this.#missing.delete(seq)) continue;
      changes.push({ organizationId, ids });
    }
    if (this.#newest - before > awaitsMost) lost = true;
    else {
      for (let seq = before + 1; seq < this.#newest; seq += 1)
        if (!seqs.has(seq)) this.#missing.set(seq, began);
    }
    for (const [seq, since] of this.#missing) {
      if (began - since < awaitsMs && this.#missing.size <= awaitsMost) break;
      this.#missing.delete(seq);
    }
    if (this.#newest > before) this.#witness = { seq: this.#newest, at: began };
    this.#readAt = began;
    return { changes, lost };
  }

  async #select(): Promise<Row[]> {
    const asked = [...this.#missing.keys(), ...(this.#witness === undefined ? [] : [this.#witness.seq])];
    const { rows } = await this.#pool.query<Row>({
      name: "rowlock_changes",
      text: "select seq, organization_id, ids from rowlock_private.changes_of($1, $2)",
      values: [this.#newest, asked],
    });
    return rows;
  }
}
