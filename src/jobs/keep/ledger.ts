import { compareKeys, front, justBefore, type Key } from "./key.ts";

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
  deliveries: number;
  /** Most jobs in a delivery, of late. */
  perDelivery: number;
};

/** What the dispatcher keeps in mind of an organization. */
export type Account = {
  readonly id: string;
  readonly queues: Map<string, Queue>;
  /** Those behind whose key something may wait. */
  readonly backlog: Set<Queue>;
  /** Deliveries in each lane, whatever the priority; not in the empty one. */
  readonly lanes: Map<string, number>;
  /** Handed over and not ended. */
  deliveries: number;
  /** Jobs had, by weight; reckoned from the others' level when it joins them. */
  served: number;
  /** Until then, a delivery that ends may have left jobs behind. */
  leftoversUntil: number;
};

export type Place = { organization_id: string; lane: string; priority: number; run_at: string; id: string };
type Named = Pick<Place, "organization_id" | "lane" | "priority">;

const leftoversForMs = 100;
/** Beyond so many organizations, those that want nothing are forgotten. */
const mostAccounts = 20_000;

/** Which queues there are, how far each was worked off, and what of each the broker has. */
export class Ledger {
  readonly #accounts = new Map<string, Account>();
  readonly #backlogged = new Set<Account>();
  /** By number of the delivery. */
  readonly #flights = new Map<string, Queue>();
  readonly #taskDeliveries = new Map<string, number>();
  /** Deliveries of background queues, as far as is known. */
  #background = 0;
  /** What the one that was served least had, when those with a backlog were last looked at. */
  #level = 0;

  /** Those that have, or may have, something to hand over. */
  backlogged(): Account[] {
    const all = [...this.#backlogged];
    if (all.length > 0)
      this.#level = all.reduce((least, { served }) => Math.min(least, served), Number.POSITIVE_INFINITY);
    return all;
  }

  /** Whether there are any of those. */
  get waits(): boolean {
    return this.#backlogged.size > 0;
  }

  /** Deliveries that the broker has, as far as is known. */
  get inFlight(): number {
    return this.#flights.size;
  }

  /** Deliveries of those whose jobs give way to all others. */
  get inBackground(): number {
    return this.#background;
  }

  flights(): string[] {
    return [...this.#flights.keys()];
  }

  /** No delivery that the broker has carries this number or a lower one. @param unseen those above it are not all known */
  lowest(unseen: number): number {
    let least = unseen;
    for (const delivery of this.#flights.keys()) least = Math.min(least, Number(delivery) - 1);
    return least;
  }

  /** Deliveries at work or waiting for a hand, of a task under a limit. */
  deliveriesOf(task: string): number {
    return this.#taskDeliveries.get(task) ?? 0;
  }

  /** Something waits, launched or come back: a queue that was past it goes back to it. */
  ready(place: Place): void {
    const key = { runAt: place.run_at, id: place.id };
    const queue = this.queue(place, justBefore(key));
    if (compareKeys(key, queue.key) <= 0) queue.key = justBefore(key);
    this.setBacklog(queue, true);
  }

  /** @param from where a queue begins that is not known yet */
  queue({ organization_id, lane, priority }: Named, from: Key = front): Queue {
    const account = this.#account(organization_id);
    const name = queueName({ lane, priority });
    const known = account.queues.get(name);
    if (known !== undefined) return known;
    const queue: Queue = {
      account,
      lane,
      priority,
      key: from,
      furthest: front,
      deliveries: 0,
      perDelivery: 10,
    };
    account.queues.set(name, queue);
    return queue;
  }

  setBacklog(queue: Queue, waits: boolean): void {
    const { account } = queue;
    if (account.backlog.has(queue) === waits) return;
    if (!waits) {
      account.backlog.delete(queue);
      if (account.backlog.size === 0) this.#backlogged.delete(account);
      this.#forget(queue);
      return;
    }
    account.backlog.add(queue);
    if (this.#backlogged.has(account)) return;
    // A newcomer has no credit from the time it wanted nothing.
    account.served = Math.max(account.served, this.#level);
    this.#backlogged.add(account);
  }

  moveOn(queue: Queue, key: Key): void {
    queue.key = key;
    this.#reach(queue, key);
  }

  /** Whether the broker may have some of what lies behind the key. */
  isRewound(queue: Queue): boolean {
    return compareKeys(queue.key, queue.furthest) < 0;
  }

  /** @param furthest the last of its jobs that wait, when another than this dispatcher handed them over */
  handedOver(queue: Queue, delivery: string, furthest?: Key): void {
    this.#flights.set(delivery, queue);
    if (furthest !== undefined) this.#reach(queue, furthest);
    this.#count(queue, 1);
  }

  ended(delivery: string): void {
    const queue = this.#flights.get(delivery);
    if (queue === undefined) return;
    this.#flights.delete(delivery);
    this.#count(queue, -1);
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

  #reach(queue: Queue, key: Key): void {
    if (compareKeys(key, queue.furthest) > 0) queue.furthest = key;
  }

  #count(queue: Queue, step: 1 | -1): void {
    const { account, lane } = queue;
    queue.deliveries += step;
    account.deliveries += step;
    if (isBackground(queue)) this.#background += step;
    const task = taskIn(lane);
    if (task === undefined) return;
    add(this.#taskDeliveries, task, step);
    add(account.lanes, lane, step);
  }

  #account(id: string): Account {
    const known = this.#accounts.get(id);
    if (known !== undefined) return known;
    const made: Account = {
      id,
      queues: new Map(),
      backlog: new Set(),
      lanes: new Map(),
      deliveries: 0,
      served: 0,
      leftoversUntil: 0,
    };
    this.#accounts.set(id, made);
    return made;
  }

  /** Keys can be many, and a queue without anything would take memory for ever: its place is forgotten with it. */
  #forget(queue: Queue): void {
    const { account } = queue;
    if (account.backlog.has(queue) || queue.deliveries > 0) return;
    if (hasKey(queue.lane)) account.queues.delete(queueName(queue));
    if (this.#accounts.size > mostAccounts && account.deliveries === 0 && account.backlog.size === 0) {
      this.#accounts.delete(account.id);
    }
  }
}

/** Jobs of a priority above 0 give way to those of all organizations that have none. */
const isBackground = ({ priority }: Pick<Queue, "priority">) => priority > 0;

const queueName = ({ lane, priority }: Pick<Queue, "lane" | "priority">) => `${priority} ${lane}`;

function add(counts: Map<string, number>, name: string, step: number): void {
  const count = (counts.get(name) ?? 0) + step;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}

/** As `rowlock_private.lane_of` writes it. */
const keyDivider = "\u001f";

/** The task whose limit, or whose keys', a lane is under. */
export function taskIn(lane: string): string | undefined {
  return lane === "" ? undefined : lane.split(keyDivider, 1)[0];
}

export function hasKey(lane: string): boolean {
  return lane.includes(keyDivider);
}
