import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Limits, type Policies, type UsedSlots } from "../../src/jobs/keep/limits.ts";

const open = { maxRunning: null, rateJobs: null, rateMs: null, paused: false };
const rated = (id: string, rateJobs: number, rateMs: number) => ({ id, ...open, rateJobs, rateMs });

const policies = (some: Partial<Policies>): Policies => ({
  organizations: [],
  tasks: [],
  version: 1,
  keys: [],
  pauses: [],
  hands: 4,
  ...some,
});
const started = (jobs: number, msAgo: number | null, organization = "a", task = "t"): UsedSlots => ({
  organization_id: organization,
  task,
  jobs,
  started_ms_ago: msAgo,
});

let limits: Limits;
beforeEach(() => {
  limits = new Limits();
});

/** The clock of the test from here on: it stands still until it is moved. */
function takeClock(t: { mock: { method: typeof import("node:test").mock.method } }): (ms: number) => void {
  let now = 1_000_000;
  t.mock.method(performance, "now", () => now);
  return (ms) => {
    now += ms;
  };
}

test("without a policy everything is allowed, and nothing counts", () => {
  limits.setPolicies(policies({}));
  const free = { weight: 1, maxRunning: Infinity, rateRoom: Infinity, rated: false };
  assert.deepEqual([limits.organization("a"), limits.task("t")], [free, free]);
  assert.deepEqual([limits.perKey("t"), limits.rates, limits.isPaused("a", "t")], [Infinity, false, false]);
  limits.noteSlots([started(5, 0), started(5, null)], false);
  assert.equal(limits.organization("a").rateRoom, Infinity);
});

test("a pause leaves no place, of an organization or of a task", () => {
  limits.setPolicies(
    policies({
      organizations: [{ id: "a", weight: 2, ...open, maxRunning: 7, paused: true }],
      tasks: [{ id: "t", ...open, paused: true }],
      keys: [{ task: "t", limit: 3 }],
    }),
  );
  assert.deepEqual([limits.organization("a").maxRunning, limits.organization("a").weight], [0, 2]);
  assert.equal(limits.task("t").maxRunning, 0);
  assert.equal(limits.perKey("t"), 3);
  assert.deepEqual(
    [limits.isPaused("a", undefined), limits.isPaused("b", undefined), limits.isPaused("b", "t")],
    [true, false, true],
  );
});

test("a slot is taken from the hand-over on, and free one interval after the start was seen", (t) => {
  const pass = takeClock(t);
  limits.setPolicies(policies({ tasks: [rated("t", 3, 1_000)] }));
  const room = () => limits.task("t").rateRoom;
  assert.deepEqual([room(), limits.task("t").rated, limits.rates], [3, true, true]);
  limits.noteSlots([started(2, null)], false);
  assert.equal(room(), 1, "handed over, not seen to start");
  pass(5_000);
  assert.equal(room(), 1, "however long that takes");
  limits.noteSlots([started(2, 0)], false);
  assert.equal(room(), 1, "it has started now");
  pass(999);
  limits.noteSlots([started(1, null)], false);
  assert.equal(room(), 0);
  pass(1);
  limits.noteSlots([started(1, null)], false);
  assert.equal(room(), 2);
});

test("what is handed over takes its slots at once, and once: the next look counts it itself", (t) => {
  takeClock(t);
  limits.setPolicies(
    policies({ organizations: [{ weight: 1, ...rated("a", 6, 1_000) }], tasks: [rated("t", 4, 1_000)] }),
  );
  limits.handedOver("a", "t", 3);
  limits.handedOver("a", undefined, 2);
  limits.handedOver("b", "other", 1);
  const room = () => [
    limits.organization("a").rateRoom,
    limits.task("t").rateRoom,
    limits.organization("b").rateRoom,
  ];
  assert.deepEqual(room(), [1, 1, Infinity]);
  limits.noteSlots([started(3, null, "a", "t"), started(2, null, "a", "other")], false);
  assert.deepEqual(room(), [1, 1, Infinity]);
});

test("room is never below zero when a rate becomes smaller, and there again at once when it becomes larger", (t) => {
  takeClock(t);
  limits.setPolicies(policies({ tasks: [rated("t", 5, 1_000)] }));
  limits.noteSlots([started(5, 0)], false);
  limits.setPolicies(policies({ tasks: [rated("t", 2, 1_000)] }));
  assert.equal(limits.task("t").rateRoom, 0);
  limits.setPolicies(policies({ tasks: [rated("t", 7, 1_000)] }));
  assert.equal(limits.task("t").rateRoom, 2);
});

test("an organization's rate and a task's count the same start each for itself", (t) => {
  takeClock(t);
  limits.setPolicies(
    policies({ organizations: [{ weight: 1, ...rated("a", 4, 1_000) }], tasks: [rated("t", 10, 60_000)] }),
  );
  limits.noteSlots([started(1, null, "a", "t"), started(2, 0, "a", "other"), started(3, 0, "b", "t")], false);
  assert.equal(limits.organization("a").rateRoom, 1);
  assert.equal(limits.task("t").rateRoom, 6);
  assert.equal(limits.task("other").rateRoom, Infinity);
});

test("a new leader counts what started before it, each for the rest of its interval", (t) => {
  const pass = takeClock(t);
  limits.setPolicies(policies({ tasks: [rated("t", 10, 1_000)] }));
  limits.noteSlots([started(4, 900), started(3, 200), started(1, null), started(2, 1_000)], true);
  const room = () => limits.task("t").rateRoom;
  assert.equal(room(), 2);
  pass(101);
  limits.noteSlots([started(1, null)], false);
  assert.equal(room(), 6);
  pass(700);
  limits.noteSlots([started(1, null)], false);
  assert.equal(room(), 9);
  // The whole once more: nothing of what was known is counted beside it.
  limits.noteSlots([started(2, 10)], true);
  assert.equal(room(), 8);
});

test("starts of a steady stream run out one after the other: that they are counted together hides none and keeps none", (t) => {
  const pass = takeClock(t);
  limits.setPolicies(policies({ tasks: [rated("t", 100_000, 1_000)] }));
  const used = () => 100_000 - limits.task("t").rateRoom;
  const starts: number[] = [];
  for (let at = 0; at < 3_000; at += 1) {
    limits.noteSlots([started(1, 0)], false);
    starts.push(at);
    // Of those within the interval none is missing; of those before it none is kept longer than a hundredth more.
    const within = starts.filter((one) => one > at - 1_000).length;
    const lately = starts.filter((one) => one > at - 1_012).length;
    assert.ok(used() >= within && used() <= lately, `${used()} at ${at}: ${within} to ${lately}`);
    pass(1);
  }
});

test("a rate that is another one, and only that, asks for what started before", () => {
  const some = policies({ tasks: [rated("t", 1, 1_000)], organizations: [{ id: "a", weight: 1, ...open }] });
  assert.equal(limits.setPolicies(policies({})), false);
  assert.equal(limits.setPolicies(some), true);
  assert.equal(limits.setPolicies(some), false);
  assert.equal(
    limits.setPolicies({ ...some, organizations: [{ id: "a", weight: 5, ...open, paused: true }] }),
    false,
  );
  assert.equal(limits.setPolicies({ ...some, tasks: [rated("t", 9, 1_000)] }), false);
  assert.equal(limits.setPolicies({ ...some, tasks: [rated("t", 9, 60_000)] }), true);
});
