/** A queue whose next item is the one of the smallest measure, taken when the item comes in. */
export class Heap<Item> {
  readonly #entries: { item: Item; by: number }[];
  readonly #measure: (item: Item) => number;

  constructor(items: readonly Item[], measure: (item: Item) => number) {
    this.#measure = measure;
    this.#entries = items.map((item) => ({ item, by: measure(item) }));
    for (let at = (this.#entries.length >> 1) - 1; at >= 0; at -= 1) this.#sink(at);
  }

  push(item: Item): void {
    const entry = { item, by: this.#measure(item) };
    let at = this.#entries.push(entry) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#entries[above];
      if (parent === undefined || parent.by <= entry.by) break;
      this.#entries[at] = parent;
      at = above;
    }
    this.#entries[at] = entry;
  }

  pop(): Item | undefined {
    const [first] = this.#entries;
    const last = this.#entries.pop();
    if (last !== undefined && this.#entries.length > 0) {
      this.#entries[0] = last;
      this.#sink(0);
    }
    return first?.item;
  }

  #sink(from: number): void {
    const entry = this.#entries[from];
    if (entry === undefined) return;
    let at = from;
    for (;;) {
      const left = this.#entries[2 * at + 1];
      if (left === undefined) break;
      const right = this.#entries[2 * at + 2];
      const side = right !== undefined && right.by < left.by ? 2 : 1;
      const child = side === 2 && right !== undefined ? right : left;
      if (child.by >= entry.by) break;
      this.#entries[at] = child;
      at = 2 * at + side;
    }
    this.#entries[at] = entry;
  }
}
