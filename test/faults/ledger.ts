import { childKey, type TaskName } from "./expectation.ts";

/** A job somebody launched, or tried to. */
export type Entry = {
  key: string;
  task: TaskName;
  /** Launched in SQL, together with a row of `app.orders`. */
  withOrder: boolean;
  /** unknown: the answer was lost, or not given yet; it may or may not exist. child: it exists if its parent does. */
  answer: "acknowledged" | "unknown" | "child";
  /** Somebody tried to cancel it: then it was cancelled and left nothing, or it ended as usual. */
  cancelled: boolean;
};

/** What was launched, by key: no key is used twice, so the key tells what became of a launch without an answer. */
export class Ledger {
  #next = 0;
  readonly #open = new Map<string, Entry>();
  #settled = { jobs: 0, effects: 0, orders: 0 };

  /** Notes a launch before it is made. */
  note(task: TaskName, withOrder: boolean): Entry {
    const entry: Entry = { key: `job ${this.#next++}`, task, withOrder, answer: "unknown", cancelled: false };
    this.#open.set(entry.key, entry);
    if (task === "relay") this.noteChild(childKey(entry.key));
    return entry;
  }

  /** A job that exists if the one does whose key its own begins with. */
  noteChild(key: string): void {
    this.#open.set(key, { key, task: "bundled", withOrder: false, answer: "child", cancelled: false });
  }

  acknowledge(entries: readonly Entry[]): void {
    for (const entry of entries) entry.answer = "acknowledged";
  }

  /** Those that were not yet found in the database, ended as they should be. */
  get open(): Entry[] {
    return [...this.#open.values()];
  }

  /** What all that was found so far adds up to. */
  get settled(): Readonly<{ jobs: number; effects: number; orders: number }> {
    return this.#settled;
  }

  /** Found in the database as it should be; what has no answer and was not found stays open, for it may come yet. */
  settle(found: readonly Entry[], effects: number): void {
    for (const { key } of found) this.#open.delete(key);
    this.#settled = {
      jobs: this.#settled.jobs + found.length,
      effects: this.#settled.effects + effects,
      orders: this.#settled.orders + found.filter(({ withOrder }) => withOrder).length,
    };
  }
}
