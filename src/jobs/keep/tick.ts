import type pg from "pg";
import { FrontWalk } from "./fronts.ts";
import { front } from "./key.ts";
import { isBackground, Ledger, taskIn } from "./ledger.ts";
import { Limits } from "./limits.ts";
import { planOrders } from "./orders.ts";
import {
  earlier,
  type Handed,
  handOver,
  type Looked,
  makeDue,
  type Order,
  readClock,
  readEnded,
  readLanded,
  readPolicies,
  readSlots,
  readUnknown,
  setBusy,
} from "./statements.ts";

const policiesEveryMs = 250;
const unknownEveryMs = 500;
const allSlotsEveryMs = 10_000;
/** While more waits than there are places for, what is launched is looked for this often only. */
const landedEveryMs = 45;
const lateCommitMs = 200;
const lookedAtOnce = 2_000;
const busyForMs = 250;
/** So often launches are told that a dispatcher is there; they give it three seconds. */
const tellEveryMs = 500;
/** Handed over by launches, more than this for each hand is a backlog; less is a hiccup. */
const busyPerHand = 4;
const dueMarginMs = 5_000;
/** So often a tick hands over what there are places for; then it looks again. */
const mostRounds = 10;
/** How soon to look again: while jobs wait for a place, sooner or later; while they wait for a limit; while nothing does. */
const pauseMs = { busy: 15, busyMost: 50, limited: 10, idle: 500 };
/** While jobs wait for a place, so much of what is in flight may end before the next look. */
const shareOfFlights = 0.15;
/** Deliveries for each hand: enough that none waits for the next tick, few enough that a newcomer is soon served. */
const perHand = { least: 1.5, first: 2, most: 16 };

export type Tick = {
  /** Look again after this time at the latest. */
  waitMs: number;
  jobs: number;
};

/** One leadership: begins without any knowledge, and forgets it with its connection. */
export class Leadership {
  readonly ledger = new Ledger();
  readonly #limits = new Limits();
  readonly #client: pg.Client;
  readonly #fronts: FrontWalk;
  readonly #leastHands: number;
  #began = false;
  #policiesAt = 0;
  #policiesVersion = 0;
  #unknownAt = 0;
  /** All deliveries up to this number are known. */
  #seenTo = 0;
  #seenLast = 0;
  #hands = 0;
  #perHand = perHand.first;
  #since: string | undefined;
  #snapshot: string | null = null;
  #landedAt = 0;
  /** The last look for what was launched did not come to its end. */
  #behind = false;
  #lookedAt = 0;
  #dueAllAt = 0;
  #allSlotsAt = 0;
  #busy: boolean | undefined;
  #busyUntil = 0;
  #tellAt = 0;
  #short = false;
  #limited = false;
  #busyPauseMs = pauseMs.busy;

  constructor(client: pg.Client, leastHands: number) {
    this.#client = client;
    this.#leastHands = leastHands;
    this.#fronts = new FrontWalk(client, this.ledger);
  }

  get busy(): boolean {
    return this.#busy === true;
  }

  /** Whether hands may be without work after so many completions since the last tick. */
  runsDry(completed: number): boolean {
    if (!this.busy) return completed >= (this.#limited ? 1 : this.#hands * 2);
    return this.#short && this.ledger.inFlight - completed < this.#hands * 1.25;
  }

  async tick(): Promise<Tick> {
    const now = performance.now();
    if (now >= this.#policiesAt) await this.#readPolicies(now);
    const dueInMs = await this.#look(now);
    const target = Math.max(this.#hands + 2, Math.ceil(this.#hands * this.#perHand));
    this.#adapt(target);
    const { jobs, more, limited } = await this.#handOver(target);
    this.#short = more;
    this.#limited = limited;
    await this.#tellLaunches(
      more || this.#behind || this.ledger.inFlight >= Math.max(target, this.#hands * busyPerHand),
    );
    return { jobs, waitMs: this.#pause(dueInMs) };
  }

  /** A queue may have got more places than it had jobs for: then others have their turn at once. */
  async #handOver(target: number): Promise<{ jobs: number; more: boolean; limited: boolean }> {
    for (let jobs = 0, round = 1; ; round += 1) {
      const { orders, held, limited } = planOrders(this.ledger, this.#limits, target, this.#hands);
      if (orders.length === 0) return { jobs, more: held, limited };
      const handed = await handOver(this.#client, orders, this.#policiesVersion);
      if (handed.length === 0) {
        // Policies were changed: nothing was handed over, and the next tick, which is soon, reads them first.
        this.#policiesAt = 0;
        return { jobs, more: held, limited: true };
      }
      jobs += handed.reduce((sum, row) => sum + row.jobs, 0);
      const more = this.#book(orders, handed) || held;
      if (this.ledger.inFlight >= target || round === mostRounds) {
        return { jobs, more: more || this.ledger.waits, limited };
      }
    }
  }

  /** Takes its leave: what is launched waits for the next, who is called by the launch. */
  async end(): Promise<void> {
    await setBusy(this.#client, this.busy && this.#short, true);
  }

  #pause(dueInMs: number | null): number {
    if (this.#behind) return 0;
    // A place under a limit is free when a job ends, and only this process tells of those at once.
    if (this.#limited) return pauseMs.limited;
    if (this.busy) return this.#busyPauseMs;
    return Math.min(pauseMs.idle, Math.max(1, dueInMs ?? pauseMs.idle));
  }

  async #readPolicies(now: number): Promise<void> {
    const policies = await readPolicies(this.#client);
    if (this.#limits.setPolicies(policies)) this.#allSlotsAt = 0;
    this.#hands = Math.max(policies.hands, this.#leastHands);
    this.#policiesVersion = policies.version;
    this.#policiesAt = now + policiesEveryMs;
  }

  /** @returns until the next scheduled job is due */
  async #look(now: number): Promise<number | null> {
    const first = !this.#began;
    // What is older is found by the walk through all fronts, with which a leadership begins.
    this.#since ??= earlier(await readClock(this.#client), lateCommitMs);
    const since = this.#since;
    const all = now >= this.#dueAllAt;
    if (all) this.#dueAllAt = now + unknownEveryMs;
    const landing = this.#behind || !this.#short || now >= this.#landedAt;
    if (landing) this.#landedAt = now + landedEveryMs;
    const allSlots = now >= this.#allSlotsAt;
    if (allSlots) this.#allSlotsAt = now + allSlotsEveryMs;
    const [ended, due, landed, unknown, slots] = await Promise.all([
      readEnded(this.#client, this.ledger.flights()),
      makeDue(this.#client, all ? null : now - this.#lookedAt + dueMarginMs),
      landing ? readLanded(this.#client, since, this.#snapshot) : undefined,
      now >= this.#unknownAt ? readUnknown(this.#client, this.ledger.flights(), this.#seenTo) : [],
      allSlots || this.#limits.rates ? readSlots(this.#client, allSlots) : [],
      first ? undefined : this.#fronts.step(this.ledger.lowest(this.#seenTo)),
    ]);
    this.#pace(now, ended.length / this.ledger.inFlight);
    for (const delivery of ended) this.ledger.ended(delivery);
    for (const { delivery, run_at, id, ...named } of unknown) {
      const furthest = run_at === null || id === null ? undefined : { runAt: run_at, id };
      this.ledger.handedOver(this.ledger.queue(named), delivery, furthest);
    }
    if (now >= this.#unknownAt) {
      this.#unknownAt = now + unknownEveryMs;
      // Two looks ago, for what commits late.
      this.#seenTo = this.#seenLast;
      this.#seenLast = Math.max(this.#seenLast, ...this.ledger.flights().map(Number));
    }
    this.#limits.noteSlots(slots, allSlots);
    this.#lookedAt = now;
    if (landed !== undefined) this.#goOn(since, landed);
    for (const place of [...due.places, ...(landed?.places ?? [])]) this.ledger.ready(place);
    if (first) await this.#fronts.whole();
    this.#began = true;
    return due.dueInMs;
  }

  #goOn(since: string, { found, last, snapshot }: Looked): void {
    const full = found === lookedAtOnce;
    this.#behind = full;
    this.#snapshot = full ? null : snapshot;
    if (last === null) return;
    // A full look goes on where it ended; else a little is looked at twice, for what commits late.
    const next = full ? last : earlier(last, lateCommitMs);
    if (next > since) this.#since = next;
  }

  /** Long deliveries need no look fifty times a second. @param endedShare of what was in flight, since the last look */
  #pace(now: number, endedShare: number): void {
    const wanted = ((now - this.#lookedAt) * shareOfFlights) / endedShare;
    this.#busyPauseMs = Math.max(pauseMs.busy, Math.min(pauseMs.busyMost, wanted || pauseMs.busy));
  }

  /** Hands that had nothing to do while jobs waited: hand over more at once; a full house: less. */
  #adapt(target: number): void {
    if (this.#short && this.ledger.inFlight < this.#hands) {
      this.#perHand = Math.min(perHand.most, this.#perHand * 2);
    } else if (this.ledger.inFlight > target / 2) {
      this.#perHand = Math.max(perHand.least, this.#perHand * 0.98);
    }
  }

  /** @returns whether there may be more to hand over */
  #book(orders: readonly Order[], handed: readonly Handed[]): boolean {
    let more = false;
    for (const { ord, jobs, run_at, id, more: further, size, deliveries, misplaced } of handed) {
      const order = orders[ord - 1];
      if (order === undefined) continue;
      const { queue } = order;
      if (order.rated) this.#limits.handedOver(queue.account.id, taskIn(queue.lane), jobs);
      if (run_at !== null && id !== null) this.ledger.moveOn(queue, { runAt: run_at, id });
      for (const delivery of deliveries?.split(",") ?? []) {
        this.ledger.handedOver(queue, delivery.split(":", 1)[0] ?? delivery);
      }
      queue.account.served += jobs / this.#limits.organization(queue.account.id).weight;
      queue.perDelivery = size ?? queue.perDelivery;
      for (const lane of misplaced ?? []) {
        const { account, priority } = queue;
        const rightful = this.ledger.queue({ organization_id: account.id, lane, priority });
        rightful.key = front;
        this.ledger.setBacklog(rightful, true);
      }
      this.ledger.setBacklog(queue, further);
      more ||= (further && !isBackground(queue)) || misplaced !== null;
    }
    return more;
  }

  async #tellLaunches(waits: boolean): Promise<void> {
    const now = performance.now();
    if (waits) this.#busyUntil = now + busyForMs;
    const busy = waits || now < this.#busyUntil;
    if (busy === this.#busy && now < this.#tellAt) return;
    await setBusy(this.#client, busy);
    this.#busy = busy;
    this.#tellAt = now + tellEveryMs;
  }
}
