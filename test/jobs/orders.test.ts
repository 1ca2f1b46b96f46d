import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "../../src/jobs/keep/ledger.ts";
import { Limits, type Policies } from "../../src/jobs/keep/limits.ts";
import { planOrders } from "../../src/jobs/keep/orders.ts";

const everything = { maxRunning: null, rateJobs: null, rateMs: null, paused: false };
type Set = Partial<
  typeof everything | { maxRunning: number; rateJobs: number; rateMs: number; weight: number }
>;

/** Limits as operators set them. */
function limitsOf({
  organizations = {},
  tasks = {},
  keys = {},
  pauses = {},
}: {
  organizations?: Record<string, Set>;
  tasks?: Record<string, Set>;
  keys?: Record<string, number>;
  /** What an organization itself holds back: a task, or all by an empty one. */
  pauses?: Record<string, string>;
}): Limits {
  const limits = new Limits();
  const policies: Policies = {
    organizations: Object.entries(organizations).map(([id, set]) => ({
      id,
      weight: 1,
      ...everything,
      ...set,
    })),
    tasks: Object.entries(tasks).map(([id, set]) => ({ id, ...everything, ...set })),
    version: 1,
    keys: Object.entries(keys).map(([task, limit]) => ({ task, limit })),
    pauses: Object.keys(pauses).map((name) => ({ organization: name, task: pauses[name] ?? "" })),
    hands: 4,
  };
  limits.setPolicies(policies);
  return limits;
}

/** Of the task alone, or of a key of it: as `rowlock_private.lane_of` writes it. */
const lane = (task: string, key?: string) => (key === undefined ? task : `${task}\u001f${key}`);

let moment = 0;
/** Something waits in a queue, later than what was said to wait before. */
function waits(ledger: Ledger, organization: string, inLane = "", priority = 0): void {
  moment += 1;
  ledger.ready({
    organization_id: organization,
    lane: inLane,
    priority,
    run_at: `2026-01-01 00:00:00.${String(moment).padStart(6, "0")}+00`,
    id: `00000000-0000-7000-8000-${String(moment).padStart(12, "0")}`,
  });
}

let number = 0;
function inFlight(ledger: Ledger, organization: string, count: number, inLane = "", priority = 0): void {
  for (let n = 0; n < count; n += 1) {
    number += 1;
    ledger.handedOver(
      ledger.queue({ organization_id: organization, lane: inLane, priority }),
      String(number),
    );
  }
}

/** Deliveries of a plan by "organization lane priority", and what it says beside them. */
function plan(ledger: Ledger, limits: Limits, total: number) {
  const { orders, held, limited } = planOrders(ledger, limits, total);
  const given = Object.fromEntries(
    orders.map(({ queue: { account, lane: inLane, priority }, deliveries }) => [
      [account.id, inLane.replace("\u001f", "/"), priority].join(" "),
      deliveries,
    ]),
  );
  return { given, held, limited, orders };
}

test("an organization gets what its cap leaves, counted with what is in flight; the rest goes to others", () => {
  const ledger = new Ledger();
  const limits = limitsOf({
    organizations: { a: { maxRunning: 3 }, full: { maxRunning: 2 }, off: { paused: true } },
  });
  inFlight(ledger, "a", 1);
  inFlight(ledger, "full", 2);
  for (const organization of ["a", "full", "off", "b"]) waits(ledger, organization);
  const { given, held, limited } = plan(ledger, limits, 20);
  assert.deepEqual(given, { "a  0": 2, "b  0": 15 });
  assert.deepEqual([held, limited], [false, true]);
});

test("a cap holds over all queues of an organization, whatever lane and priority", () => {
  const ledger = new Ledger();
  const limits = limitsOf({ organizations: { a: { maxRunning: 4 } }, keys: { t: 2 } });
  inFlight(ledger, "a", 1, lane("other"), 7);
  waits(ledger, "a", lane("t", "k"), -5);
  waits(ledger, "a");
  assert.deepEqual(plan(ledger, limits, 20).given, { "a t/k -5": 2, "a  0": 1 });
});

test("a task gets what its cap leaves, over all organizations together", () => {
  const ledger = new Ledger();
  const limits = limitsOf({ tasks: { t: { maxRunning: 5 } } });
  inFlight(ledger, "a", 1, lane("t"));
  inFlight(ledger, "c", 1, lane("t"), 3);
  for (const organization of ["a", "b"]) waits(ledger, organization, lane("t"));
  const { given } = plan(ledger, limits, 20);
  assert.equal((given["a t 0"] ?? 0) + (given["b t 0"] ?? 0), 3);
  assert.ok((given["b t 0"] ?? 0) >= 1, "each has its turn");
});

test("a full task costs no other place, neither of its organization nor of others", () => {
  const ledger = new Ledger();
  const limits = limitsOf({ tasks: { full: { maxRunning: 1 }, off: { paused: true } } });
  inFlight(ledger, "a", 1, lane("full"));
  // The oldest and of the best priority, and still not in the way.
  waits(ledger, "a", lane("full"), -100);
  waits(ledger, "a", lane("off"), -100);
  waits(ledger, "a", "", 50);
  waits(ledger, "b", lane("full"));
  const { given, held, limited } = plan(ledger, limits, 11);
  assert.deepEqual(given, { "a  50": 10 });
  assert.deepEqual([held, limited], [false, true]);
});

test("each key of a task has its own limit in each organization, over all priorities", () => {
  const ledger = new Ledger();
  const limits = limitsOf({ keys: { t: 2 } });
  inFlight(ledger, "a", 1, lane("t", "x"), 9);
  waits(ledger, "a", lane("t", "x"), 0);
  waits(ledger, "a", lane("t", "x"), 1);
  waits(ledger, "a", lane("t", "y"));
  waits(ledger, "b", lane("t", "x"));
  const { given } = plan(ledger, limits, 20);
  assert.deepEqual(given, { "a t/x 0": 1, "a t/y 0": 2, "b t/x 0": 2 });
  // One ends: one place for that key, and for no other.
  for (const delivery of ledger.flights()) ledger.ended(delivery);
  assert.deepEqual(plan(ledger, limits, 20).given, { "a t/x 0": 2, "a t/y 0": 2, "b t/x 0": 2 });
});

test("a task's cap and its limit for a key hold together", () => {
  const ledger = new Ledger();
  const limits = limitsOf({ tasks: { t: { maxRunning: 3 } }, keys: { t: 2 } });
  for (const key of ["x", "y", "z"]) waits(ledger, "a", lane("t", key));
  assert.deepEqual(plan(ledger, limits, 20).given, { "a t/x 0": 2, "a t/y 0": 1 });
});

test("inside an organization priority goes first, then age; between organizations neither counts", () => {
  const ledger = new Ledger();
  const limits = limitsOf({ keys: { old: 1, young: 1 } });
  waits(ledger, "a", lane("old", "k"));
  waits(ledger, "a", lane("young", "k"));
  waits(ledger, "a", lane("young", "k"), -1);
  waits(ledger, "b", "", -100);
  // One place for each: the better priority, though it is the youngest.
  assert.deepEqual(plan(ledger, limits, 2).given, { "a young/k -1": 1, "b  -100": 1 });
  assert.deepEqual(plan(ledger, limits, 4).given, { "a young/k -1": 1, "a old/k 0": 1, "b  -100": 2 });
});

test("a queue that goes back to an older job has its age again", () => {
  const ledger = new Ledger();
  const limits = limitsOf({});
  const place = (inLane: string, second: number) => ({
    organization_id: "a",
    lane: inLane,
    priority: 0,
    run_at: `2026-01-01 00:00:0${second}+00`,
    id: `00000000-0000-7000-8000-00000000000${second}`,
  });
  ledger.ready(place("x", 3));
  ledger.ready(place("y", 5));
  assert.deepEqual(Object.keys(plan(ledger, limits, 1).given), ["a x 0"]);
  ledger.ready(place("y", 1));
  assert.deepEqual(Object.keys(plan(ledger, limits, 1).given), ["a y 0"]);
});

test("under a rate jobs are asked for one by one, as many as there is room for", () => {
  const ledger = new Ledger();
  const limits = limitsOf({
    organizations: { a: { rateJobs: 3, rateMs: 1_000 } },
    tasks: { t: { rateJobs: 2, rateMs: 1_000 } },
  });
  waits(ledger, "a");
  waits(ledger, "b", lane("t"));
  waits(ledger, "c");
  const { orders } = plan(ledger, limits, 30);
  const asked = orders.map(({ queue, deliveries, jobs, rated }) => [
    queue.account.id,
    deliveries,
    jobs,
    rated,
  ]);
  assert.deepEqual(asked.toSorted(), [
    ["a", 3, 3, true],
    ["b", 2, 2, true],
    ["c", 25, 250, false],
  ]);
});

test("with no place free somebody is held; with nobody that may, nobody is", () => {
  const ledger = new Ledger();
  const limits = limitsOf({ organizations: { off: { paused: true } } });
  waits(ledger, "off");
  assert.deepEqual(plan(ledger, limits, 5), { given: {}, held: false, limited: false, orders: [] });
  waits(ledger, "a");
  inFlight(ledger, "b", 5);
  assert.deepEqual(plan(ledger, limits, 5), { given: {}, held: true, limited: false, orders: [] });
});

test("one of ten thousand keys is found as soon as any: what is full is not looked at for each place", () => {
  const ledger = new Ledger();
  const limits = limitsOf({ keys: { t: 1 } });
  for (let key = 0; key < 10_000; key += 1) {
    waits(ledger, "a", lane("t", String(key)));
    if (key < 9_900) inFlight(ledger, "a", 1, lane("t", String(key)));
  }
  const began = performance.now();
  const { given } = plan(ledger, limits, 10_200);
  const took = performance.now() - began;
  assert.equal(Object.keys(given).length, 100);
  assert.ok(took < 1_000, `${took} ms`);
});
