/** A place in a queue: run_at (text, to the microsecond), id. */
export type Key = { runAt: string; id: string };

/**
 * A queue of waiting jobs: of one organization, lane and priority. The lane is empty but for jobs under a limit of their
 * task, or of a key of it.
 */
export type Queue = {
  readonly account: Account;
  readonly lane: string;
  readonly priority: number;
  /** Everything up to here was handed over; a scan starts behind it. */
  key: Key;
  /** The furthest key there was: what lies before it may be with the broker already. */
  furthest: Key;
  /** Something may wait behind the key. */
  backlog: boolean;
  deliveries: number;
  /** Most jobs in a delivery, of late. */
  perDelivery: number;
};

/** What the dispatcher keeps in mind of an organization. */
export type Account = {
  readonly id: string;
  readonly queues: Map<string, Queue>;
  /** Handed over and not ended. */
  deliveries: number;
  /** Jobs had, by weight; reckoned from the others' level when it joins them. */
  served: number;
  /** Until then, a delivery that ends may have left jobs behind. */
  leftoversUntil: number;
};

export type Place = { organization_id: string; lane: string; priority: number; run_at: string; id: string };
type Flight = { queue: Queue; task: string | undefined };

/** Before every key there can be. */
const front: Key = { runAt: "-infinity", id: "00000000-0000-0000-0000-000000000000" };
const leftoversForMs = 100;

/** Which queues there are, how far each was worked off, and what of each the broker has. */
export class Ledger {
  readonly #accounts = new Map<string, Account>();
  readonly #backlogged = new Set<Account>();
  readonly #flights = new Map<string, Flight>();
  readonly #taskDeliveries = new Map<string, number>();

  /** Those that have, or may have, something to hand over. */
  backlogged(): Account[] {
    return [...this.#backlogged];
  }

  /** Deliveries that the broker has, as far as is known. */
  get inFlight(): number {
    return this.#flights.size;
  }

  flights(): string[] {
    return [...this.#flights.keys()];
  }

  /** Deliveries at work or waiting for a hand, of a task under a limit. */
  deliveriesOf(task: string): number {
    return this.#taskDeliveries.get(task) ?? 0;
  }

  /** Something waits, launched or come back: a queue that was past it goes back to it. */
  ready(place: Place): void {
    const queue = this.queue(place);
    this.setBacklog(queue, true);
    if (compare({ runAt: place.run_at, id: place.id }, queue.key) <= 0) queue.key = justBefore(place);
  }

  queue({ organization_id, lane, priority }: Pick<Place, "organization_id" | "lane" | "priority">): Queue {
    const account = this.#account(organization_id);
    const name = `${priority} ${lane}`;
    const known = account.queues.get(name);
    if (known !== undefined) return known;
    const queue: Queue = {
      account,
      lane,
      priority,
      key: front,
      furthest: front,
      backlog: false,
      deliveries: 0,
      perDelivery: 10,
    };
    account.queues.set(name, queue);
    return queue;
  }

  setBacklog(queue: Queue, backlog: boolean): void {
    if (queue.backlog === backlog) return;
    queue.backlog = backlog;
    const { account } = queue;
    if (!backlog) {
      if (![...account.queues.values()].some((other) => other.backlog)) this.#backlogged.delete(account);
      return;
    }
    if (this.#backlogged.has(account)) return;
    // A newcomer has no credit from the time it wanted nothing.
    let least = Number.POSITIVE_INFINITY;
    for (const other of this.#backlogged) least = Math.min(least, other.served);
    if (least !== Number.POSITIVE_INFINITY) account.served = Math.max(account.served, least);
    this.#backlogged.add(account);
  }

  moveOn(queue: Queue, key: Key): void {
    queue.key = key;
    if (compare(key, queue.furthest) > 0) queue.furthest = key;
  }

  /** Whether the broker may have some of what lies behind the key. */
  isRewound(queue: Queue): boolean {
    return compare(queue.key, queue.furthest) < 0;
  }

  handedOver(queue: Queue, delivery: string): void {
    const task = queue.lane === "" ? undefined : taskOf(queue.lane);
    this.#flights.set(delivery, { queue, task });
    queue.deliveries += 1;
    queue.account.deliveries += 1;
    if (task !== undefined) this.#taskDeliveries.set(task, this.deliveriesOf(task) + 1);
  }

  ended(delivery: string): void {
    const flight = this.#flights.get(delivery);
    if (flight === undefined) return;
    this.#flights.delete(delivery);
    const { queue, task } = flight;
    queue.deliveries -= 1;
    queue.account.deliveries -= 1;
    if (task !== undefined) this.#taskDeliveries.set(task, this.deliveriesOf(task) - 1);
    if (queue.account.leftoversUntil > performance.now()) this.#fromFront(queue.account);
    else this.#forget(queue);
  }

  /** An organization's jobs come back, put off or given back; some of them once their delivery has ended. */
  leftovers(organizationId: string): void {
    const account = this.#account(organizationId);
    account.leftoversUntil = performance.now() + leftoversForMs;
    this.#fromFront(account);
  }

  #fromFront(account: Account): void {
    for (const queue of account.queues.values()) {
      queue.key = front;
      this.setBacklog(queue, true);
    }
  }

  #account(id: string): Account {
    const known = this.#accounts.get(id);
    if (known !== undefined) return known;
    const made: Account = { id, queues: new Map(), deliveries: 0, served: 0, leftoversUntil: 0 };
    this.#accounts.set(id, made);
    return made;
  }

  /** Keys can be many, and a queue without anything would take memory for ever: its place is forgotten with it. */
  #forget(queue: Queue): void {
    const { account } = queue;
    if (queue.backlog || queue.deliveries > 0) return;
    if (queue.lane.includes(keyDivider)) account.queues.delete(`${queue.priority} ${queue.lane}`);
    if (this.#accounts.size > 20_000 && account.deliveries === 0 && !this.#backlogged.has(account)) {
      this.#accounts.delete(account.id);
    }
  }
}

/** As `rowlock_private.lane_of` writes it. */
const keyDivider = "\u001f";

export function taskOf(lane: string): string {
  return lane.split(keyDivider, 1)[0] ?? lane;
}

export function hasKey(lane: string): boolean {
  return lane.includes(keyDivider);
}

function compare(a: Key, b: Key): number {
  if (a.runAt !== b.runAt) {
    return b.runAt === "-infinity" || (a.runAt !== "-infinity" && a.runAt > b.runAt) ? 1 : -1;
  }
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Ids are unique, so one less in the last digits is behind no other job of this moment that matters. */
function justBefore({ run_at, id }: Place): Key {
  const digits = BigInt(`0x${id.replaceAll("-", "")}`) - 1n;
  const hex = digits.toString(16).padStart(32, "0");
  return {
    runAt: run_at,
    id: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-"),
  };
}
