/** A place in an organization's order: priority, run_at (text, to the microsecond), id. */
export type Key = { priority: number; runAt: string; id: string };

/** What the dispatcher keeps in mind of an organization. */
export type Account = {
  id: string;
  weight: number;
  /** Most jobs in flight, undefined for no limit. */
  cap: number | undefined;
  paused: boolean;
  /** Everything up to here was handed over; a scan starts behind it. */
  key: Key;
  /** Something may wait behind the key. */
  backlog: boolean;
  jobs: number;
  deliveries: number;
  /** Jobs in a delivery, of late. */
  perDelivery: number;
  /** Jobs had, by weight; reckoned from the others' level when it joins them. */
  served: number;
};

export type Policy = { organization_id: string; weight: number; max_running: number | null; paused: boolean };
export type Ready = { organization_id: string | null; priority: number; run_at: string; id: string };

/** Before every key there can be. */
const front: Key = { priority: -32_768, runAt: "-infinity", id: "00000000-0000-0000-0000-000000000000" };

export class Ledger {
  readonly #accounts = new Map<string, Account>();
  #policies = new Map<string, Policy>();

  /** Those that have, or may have, something to hand over. */
  backlogged(): Account[] {
    return [...this.#accounts.values()].filter((account) => account.backlog);
  }

  account(id: string): Account {
    const known = this.#accounts.get(id);
    if (known !== undefined) return known;
    const made: Account = {
      id,
      weight: 1,
      cap: undefined,
      paused: false,
      key: front,
      backlog: false,
      jobs: 0,
      deliveries: 0,
      perDelivery: 10,
      served: 0,
    };
    apply(made, this.#policies.get(id));
    this.#accounts.set(id, made);
    return made;
  }

  setPolicies(policies: readonly Policy[]): void {
    this.#policies = new Map(policies.map((policy) => [policy.organization_id, policy]));
    for (const account of this.#accounts.values()) apply(account, this.#policies.get(account.id));
  }

  setInFlight(rows: readonly { organization_id: string; jobs: number; deliveries: number }[]): void {
    for (const account of this.#accounts.values()) {
      account.jobs = 0;
      account.deliveries = 0;
    }
    for (const row of rows) {
      const account = this.account(row.organization_id);
      account.jobs = row.jobs;
      account.deliveries = row.deliveries;
    }
    this.#forgetIdle();
  }

  /** Something waits: what lies behind the key moves the key back to just before it. */
  ready({ organization_id, priority, run_at, id }: Ready): void {
    if (organization_id === null) return;
    const account = this.account(organization_id);
    const place = { priority, runAt: run_at, id };
    if (!account.backlog) {
      account.backlog = true;
      // A newcomer has no credit from the time it wanted nothing.
      const others = this.backlogged().filter((other) => other !== account && !other.paused);
      if (others.length > 0) {
        account.served = Math.max(account.served, Math.min(...others.map((other) => other.served)));
      }
    }
    if (compare(place, account.key) <= 0) account.key = justBefore(place);
  }

  /** From the front again: leadership changed, or something landed behind the key that cannot be named. */
  fromFront(id: string): void {
    const account = this.account(id);
    account.key = front;
    account.backlog = true;
  }

  /** Organizations without anything in flight or waiting take no memory for ever; their key goes with them. */
  #forgetIdle(): void {
    if (this.#accounts.size < 20_000) return;
    for (const [id, { backlog, jobs }] of this.#accounts) {
      if (!backlog && jobs === 0) this.#accounts.delete(id);
    }
  }
}

function apply(account: Account, policy: Policy | undefined): void {
  account.weight = policy?.weight ?? 1;
  account.cap = policy?.max_running ?? undefined;
  account.paused = policy?.paused ?? false;
}

function compare(a: Key, b: Key): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.runAt !== b.runAt)
    return b.runAt === "-infinity" || (a.runAt !== "-infinity" && a.runAt > b.runAt) ? 1 : -1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Ids are unique, so one less in the last digits is behind no other job of this moment that matters. */
function justBefore({ priority, runAt, id }: Key): Key {
  const digits = BigInt(`0x${id.replaceAll("-", "")}`) - 1n;
  const hex = digits.toString(16).padStart(32, "0");
  return {
    priority,
    runAt,
    id: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-"),
  };
}
