import { compareKeys } from "./key.ts";
import { type Account, hasKey, type Ledger, type Queue, taskIn } from "./ledger.ts";
import type { Limits } from "./limits.ts";
import { type Claimant, shareOut } from "./shares.ts";
import type { Order } from "./statements.ts";

/** Jobs by which one may be behind the others and still make up for it. */
const mostCredit = 1_000;
/** One place in so many is for background jobs, however much else there is to do. */
const backgroundShare = 8;

export type Plan = {
  orders: Order[];
  /** Somebody has jobs and may run them, and got no place. */
  held: boolean;
  /** Somebody has jobs that a limit holds back which may be free again any moment. */
  limited: boolean;
};

/**
 * Who may hand over what: free places by weighted shares between organizations; inside one by priority and age; never
 * more than the limits of organization, task and key allow. Whoever is at a limit costs the others no place. Background
 * jobs, those of a priority above 0, get what others leave, and a small part in any case.
 * @param total deliveries there may be in all
 */
export function planOrders(ledger: Ledger, limits: Limits, total: number): Plan {
  const room = new Room(ledger, limits);
  const backlogged = ledger.backlogged();
  const open: Account[] = [];
  let limited = false;
  for (const account of backlogged) {
    if (room.queueOf(account) !== undefined) open.push(account);
    else limited ||= [...account.backlog].some(({ lane }) => !limits.isPaused(account.id, taskIn(lane)));
  }
  const free = total - ledger.inFlight;
  if (free <= 0 || open.length === 0) return { orders: [], held: open.length > 0, limited };
  forgiveCredit(open, limits);
  const orders = new Map<Queue, Order>();
  const claim = (account: Account): Claimant => {
    const { weight } = limits.organization(account.id);
    const [queue] = account.backlog;
    return {
      weight,
      deliveries: account.deliveries,
      served: account.served,
      step: Math.max(1, queue?.perDelivery ?? 1) / weight,
      take: () => takePlace(account, room, ledger, orders),
    };
  };
  const waitsBehind = (account: Account) => room.queueOf(account)?.priority ?? 0;
  const background = open.filter((account) => waitsBehind(account) > 0);
  if (background.length === 0 || background.length === open.length) {
    shareOut(open.map(claim), free, total);
  } else {
    const kept = Math.min(free, Math.max(0, Math.ceil(total / backgroundShare) - ledger.inBackground));
    const others = open.filter((account) => waitsBehind(account) <= 0);
    shareOut(others.map(claim), free - kept, total);
    shareOut(background.map(claim), kept, total);
  }
  const had = new Set([...orders.keys()].map(({ account }) => account));
  return { orders: [...orders.values()], held: open.some((account) => !had.has(account)), limited };
}

function takePlace(account: Account, room: Room, ledger: Ledger, orders: Map<Queue, Order>): boolean {
  const queue = room.queueOf(account);
  if (queue === undefined) return false;
  const taken = room.take(queue);
  const order = orders.get(queue);
  if (order === undefined) {
    orders.set(queue, { queue, deliveries: 1, ...taken, rewound: ledger.isRewound(queue) });
  } else {
    order.deliveries += 1;
    order.jobs += taken.jobs;
  }
  return true;
}

/** What the limits still allow while a plan is made: less and less. */
class Room {
  readonly #ledger: Ledger;
  readonly #limits: Limits;
  /** By organization, task, and lane of an organization: deliveries and, under a rate, jobs taken in this plan. */
  readonly #taken = new Map<string, { deliveries: number; jobs: number }>();
  /** Queues that no limit had closed when they were last looked at, and the first of them. */
  readonly #open = new Map<Account, { queues: Queue[]; first: Queue | undefined }>();

  constructor(ledger: Ledger, limits: Limits) {
    this.#ledger = ledger;
    this.#limits = limits;
  }

  /** The queue whose turn it is: the first by priority and age that no limit closes. */
  queueOf(account: Account): Queue | undefined {
    const organization = this.#limits.organization(account.id);
    const taken = this.#taken.get(account.id);
    if (account.deliveries + (taken?.deliveries ?? 0) >= organization.maxRunning) return undefined;
    if ((taken?.jobs ?? 0) >= organization.rateRoom) return undefined;
    const [only] = account.backlog;
    if (only !== undefined && account.backlog.size === 1) return this.#isOpen(only) ? only : undefined;
    const open = this.#open.get(account) ?? { queues: [...account.backlog], first: undefined };
    this.#open.set(account, open);
    // What was first stays it until a limit closes it; what is closed stays so in this plan.
    if (open.first === undefined || !this.#isOpen(open.first)) {
      open.queues = open.queues.filter((queue) => this.#isOpen(queue));
      open.first = open.queues.reduce<Queue | undefined>(
        (first, queue) => (first === undefined || isBefore(queue, first) ? queue : first),
        undefined,
      );
    }
    return open.first;
  }

  #isOpen(queue: Queue): boolean {
    const task = taskIn(queue.lane);
    if (task === undefined) return true;
    if (this.#limits.holdsBack(queue.account.id, task)) return false;
    const limit = this.#limits.task(task);
    const taken = this.#taken.get(task);
    if (this.#ledger.deliveriesOf(task) + (taken?.deliveries ?? 0) >= limit.maxRunning) return false;
    if ((taken?.jobs ?? 0) >= limit.rateRoom) return false;
    if (!hasKey(queue.lane)) return true;
    // One limit for a key, whatever the priorities.
    const deliveries = queue.account.lanes.get(queue.lane) ?? 0;
    return deliveries + (this.#taken.get(laneName(queue))?.deliveries ?? 0) < this.#limits.perKey(task);
  }

  take(queue: Queue): { jobs: number; rated: boolean } {
    const organization = this.#limits.organization(queue.account.id);
    const task = taskIn(queue.lane);
    const rated = organization.rated || (task !== undefined && this.#limits.task(task).rated);
    const jobs = rated ? 1 : queue.perDelivery;
    for (const name of [queue.account.id, ...(task === undefined ? [] : [task, laneName(queue)])]) {
      const taken = this.#taken.get(name) ?? { deliveries: 0, jobs: 0 };
      this.#taken.set(name, { deliveries: taken.deliveries + 1, jobs: taken.jobs + jobs });
    }
    return { jobs, rated };
  }
}

const laneName = ({ account, lane }: Queue) => `${account.id} ${lane}`;

function isBefore(one: Queue, other: Queue): boolean {
  return one.priority === other.priority
    ? compareKeys(one.key, other.key) < 0
    : one.priority < other.priority;
}

/** Whoever could not use his share for long (long jobs, a cap) has no endless claim on the others. */
function forgiveCredit(open: readonly Account[], limits: Limits): void {
  const most = open.reduce((so, { served }) => Math.max(so, served), 0);
  for (const account of open) {
    account.served = Math.max(account.served, most - mostCredit / limits.organization(account.id).weight);
  }
}
