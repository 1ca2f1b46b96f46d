import type pg from "pg";
import { type Account, Ledger, type Ready } from "./ledger.ts";
import { shareOut } from "./shares.ts";
import {
  earlier,
  type Handed,
  handOver,
  type InFlight,
  type Look,
  largestBundle,
  makeDue,
  type Order,
  readClock,
  readFronts,
  readInFlight,
  readLanded,
  readPolicies,
  setBusy,
} from "./statements.ts";

const policiesEveryMs = 250;
const thoroughEveryMs = 500;
/** A look at everything takes at most a twentieth of the time. */
const thoroughShare = 20;
const lateCommitMs = 200;
const lookedAtOnce = 5_000;
const busyForMs = 250;
/** Jobs by which one may be behind the others and still make up for it. */
const mostCredit = 1_000;
const dueMarginMs = 5_000;
/** Deliveries for each hand: enough that none waits for the next tick, few enough that a newcomer is soon served. */
const perHand = { least: 1.25, first: 2, most: 16 };

export type Tick = {
  /** Look again after this time at the latest. */
  waitMs: number;
  jobs: number;
};

/** One leadership: begins without any knowledge, and forgets it with its connection. */
export class Leadership {
  readonly ledger = new Ledger();
  readonly #client: pg.Client;
  #policiesAt = 0;
  #thoroughAt = 0;
  #thoroughWait = thoroughEveryMs;
  #hands = 0;
  #perHand = perHand.first;
  /** The oldest delivery in flight: what is older has ended. */
  #mark: string | null = null;
  #since: string | undefined;
  #dueSince: Date | null = null;
  #busy: boolean | undefined;
  #busyUntil = 0;
  #inFlight = 0;
  #short = false;
  readonly #leastHands: number;

  constructor(client: pg.Client, leastHands: number) {
    this.#client = client;
    this.#leastHands = leastHands;
  }

  get busy(): boolean {
    return this.#busy === true;
  }

  /** Whether hands may be without work after so many completions since the last tick. */
  runsDry(completed: number): boolean {
    if (!this.busy) return completed >= this.#hands * 2;
    return this.#short && this.#inFlight - completed < this.#hands * 1.25;
  }

  /** Policies and everything that waits are read anew at the next tick. */
  lookAtAll(): void {
    this.#policiesAt = 0;
    this.#thoroughAt = 0;
  }

  async tick(): Promise<Tick> {
    const now = performance.now();
    if (now >= this.#policiesAt) await this.#readPolicies(now);
    const thorough = now >= this.#thoroughAt;
    const looked = await this.#look(thorough);
    if (thorough) {
      const took = performance.now() - now;
      this.#thoroughWait = Math.max(thoroughEveryMs, took * thoroughShare);
      this.#thoroughAt = performance.now() + this.#thoroughWait;
    }
    const target = Math.max(this.#hands + 2, Math.ceil(this.#hands * this.#perHand));
    this.#adapt(target);
    const { orders, held } = this.#orders(target);
    const handed = orders.length > 0 ? await handOver(this.#client, orders) : [];
    this.#book(orders, handed);
    const more = held || orders.some(({ account }) => account.backlog);
    this.#short = more;
    await this.#tellLaunches(more || this.#inFlight >= target);
    const jobs = handed.reduce((sum, row) => sum + row.jobs, 0);
    const idle =
      looked.nextDue === undefined ? 500 : Math.min(500, Math.max(1, looked.nextDue.getTime() - Date.now()));
    return { jobs, waitMs: this.busy ? 15 : idle };
  }

  /** Takes its leave: launches go to the broker again, unless jobs wait. */
  async end(): Promise<void> {
    if (this.busy && !this.#short) await setBusy(this.#client, false);
  }

  async #readPolicies(now: number): Promise<void> {
    const { policies, hands } = await readPolicies(this.#client);
    this.ledger.setPolicies(policies);
    this.#hands = Math.max(hands, this.#leastHands);
    this.#policiesAt = now + policiesEveryMs;
  }

  async #look(thorough: boolean): Promise<{ nextDue: Date | undefined }> {
    const begun = Date.now();
    // What is older is found by the look at everything, with which a leadership begins.
    this.#since ??= earlier(await readClock(this.#client), lateCommitMs);
    const since = this.#since;
    const [flying, due, landed, fronts] = await Promise.all([
      readInFlight(this.#client, thorough ? null : this.#mark),
      makeDue(this.#client, thorough ? null : this.#dueSince),
      readLanded(this.#client, since),
      thorough ? readFronts(this.#client) : [],
    ]);
    this.#noteFlying(flying);
    this.#dueSince = new Date(begun - dueMarginMs);
    const end = landed.find((row) => row.organization_id === null);
    if (end?.last) {
      // A full look goes on where it ended; else a little is looked at twice, for what commits late.
      const next = end.found === lookedAtOnce ? end.last : earlier(end.last, lateCommitMs);
      if (next > since) this.#since = next;
    }
    for (const row of [...due, ...landed, ...fronts] satisfies Ready[]) this.ledger.ready(row);
    const nextDue = due.find((row: Look) => row.organization_id === null)?.next_due;
    return { nextDue: nextDue ?? undefined };
  }

  #noteFlying(flying: readonly InFlight[]): void {
    this.ledger.setInFlight(flying);
    this.#inFlight = flying.reduce((sum, row) => sum + row.deliveries, 0);
    const oldest = flying.map((row) => row.oldest).sort()[0];
    if (oldest !== undefined) this.#mark = oldest;
  }

  /** Hands that had nothing to do while jobs waited: hand over more at once; a full house: less. */
  #adapt(target: number): void {
    if (this.#short && this.#inFlight < this.#hands) {
      this.#perHand = Math.min(perHand.most, this.#perHand * 1.5);
    } else if (this.#inFlight > target / 2) {
      this.#perHand = Math.max(perHand.least, this.#perHand * 0.98);
    }
  }

  #orders(target: number): { orders: Order[]; held: boolean } {
    const free = target - this.#inFlight;
    const able = this.ledger
      .backlogged()
      .filter(({ paused, cap, jobs }) => !paused && (cap === undefined || jobs < cap));
    if (free <= 0 || able.length === 0) return { orders: [], held: able.length > 0 };
    this.#forgiveCredit(able);
    const rooms = able.map(({ cap, jobs }) => (cap === undefined ? Number.POSITIVE_INFINITY : cap - jobs));
    const places = shareOut(
      able.map(({ weight, deliveries, served, perDelivery }, index) => ({
        weight,
        deliveries,
        served,
        step: Math.max(1, perDelivery) / weight,
        room: rooms[index] ?? 0,
      })),
      free,
      target,
    );
    const orders = able.flatMap((account, index) => {
      const deliveries = places[index] ?? 0;
      if (deliveries === 0) return [];
      const each = Math.min(largestBundle, Math.ceil(account.perDelivery * 2));
      return [{ account, deliveries, jobs: Math.min(deliveries * each, rooms[index] ?? 0) }];
    });
    return { orders, held: orders.length < able.length };
  }

  /** Whoever could not use his share for long (long jobs, a cap) has no endless claim on the others. */
  #forgiveCredit(able: readonly Account[]): void {
    const most = able.reduce((so, { served }) => Math.max(so, served), 0);
    for (const account of able) account.served = Math.max(account.served, most - mostCredit / account.weight);
  }

  #book(orders: readonly Order[], handed: readonly Handed[]): void {
    const rows = new Map(handed.map((row) => [row.organization_id, row]));
    for (const { account, jobs } of orders) {
      const row = rows.get(account.id);
      // Fewer than asked for: that was all behind the key.
      if (row === undefined || (row.seen < jobs && row.jobs === row.seen)) account.backlog = false;
      if (row === undefined) continue;
      account.key = { priority: row.priority, runAt: row.run_at, id: row.id };
      account.jobs += row.jobs;
      account.deliveries += row.deliveries;
      account.served += row.jobs / account.weight;
      account.perDelivery = account.backlog ? row.jobs / row.deliveries : account.perDelivery;
      this.#inFlight += row.deliveries;
      if (this.#mark !== null && row.first < this.#mark) this.#mark = row.first;
    }
  }

  async #tellLaunches(waits: boolean): Promise<void> {
    const now = performance.now();
    if (waits) this.#busyUntil = now + busyForMs;
    const busy = waits || now < this.#busyUntil;
    if (busy === this.#busy) return;
    await setBusy(this.#client, busy);
    this.#busy = busy;
  }
}
