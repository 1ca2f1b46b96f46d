import type { Member } from "../../tenancy/index.ts";
import type { Sink } from "./sink.ts";
import type { Watch } from "./watch.ts";

/** What the root field of a read is given. */
export type ChangeEvent = { ids: readonly string[]; resync: boolean };

export type Subscriber = { readonly member: Member; readonly sink: Sink };

/** Changes told in one message; of more it is said that there are many. */
export const mostTold = 500;

/**
 * Everybody who watches the same by the same right: read once for all of them. `job`, `batch`, `testRun` and `share`
 * are states, told when they differ from what was told last; `jobChanges` tells what happened.
 */
export class Group {
  readonly key: string;
  readonly watch: Watch;
  readonly organizationId: string;
  readonly subscribers = new Set<Subscriber>();
  /** Those who have been told nothing yet. */
  readonly fresh = new Set<Subscriber>();
  /** What everybody but the fresh knows. */
  told: string | undefined;
  readAt = Number.NEGATIVE_INFINITY;
  reading = false;
  timer: NodeJS.Timeout | undefined;
  failures = 0;
  #woken = false;
  #ids = new Set<string>();
  #many = false;

  constructor(key: string, watch: Watch, organizationId: string) {
    this.key = key;
    this.watch = watch;
    this.organizationId = organizationId;
  }

  get isState(): boolean {
    return this.watch.field !== "jobChanges";
  }

  get wantsRead(): boolean {
    return this.#woken || this.fresh.size > 0;
  }

  /** Jobs of the organization have changed (null: many). Whether that concerns this group. */
  wake(ids: ReadonlySet<string> | readonly string[] | null): boolean {
    const { field, id } = this.watch;
    if (field === "job" && ids !== null && id !== undefined) {
      if (!(Array.isArray(ids) ? ids.includes(id) : (ids as ReadonlySet<string>).has(id))) return false;
    }
    this.#woken = true;
    if (this.isState || this.#many) return true;
    for (const each of ids ?? []) this.#ids.add(each);
    if (ids === null || this.#ids.size > mostTold) {
      this.#many = true;
      this.#ids.clear();
    }
    return true;
  }

  /** What is to be read now; what changes from here on is for the next time. */
  take(): ChangeEvent {
    const event = { ids: [...this.#ids], resync: this.#many };
    this.#woken = false;
    this.#ids.clear();
    this.#many = false;
    return event;
  }

  /** A read failed: its changes are told with the next. */
  putBack(event: ChangeEvent): void {
    this.wake(event.resync ? null : event.ids);
    this.#woken = true;
  }
}
