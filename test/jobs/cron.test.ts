import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTiming, lastTick, nextTick, nextTicks } from "../../src/jobs/schedules/cron.ts";
import { type DueSchedule, mostTicks, planTicks } from "../../src/jobs/schedules/plan.ts";
import { RowlockError } from "../../src/sdk/index.ts";
import { ticksByHand } from "../helpers/ticks.ts";

const now = new Date("2027-06-01T12:00:00Z");
const refusal = (path: string) => (error: unknown) =>
  error instanceof RowlockError && error.code === "INVALID_ARGUMENT" && error.issues[0]?.path === path;

/** Both changes of 2027, a day around each. */
const changes = {
  "Europe/Berlin": ["2027-03-27T12:00:00Z", "2027-10-30T12:00:00Z"],
  "America/New_York": ["2027-03-13T12:00:00Z", "2027-11-06T12:00:00Z"],
  "Australia/Lord_Howe": ["2027-04-03T12:00:00Z", "2027-10-02T06:00:00Z"],
};

for (const [timeZone, days] of Object.entries(changes)) {
  test(`ticks around both changes of the clocks in ${timeZone} are those that local time has`, () => {
    for (const day of days) {
      const from = new Date(day);
      const to = new Date(from.getTime() + 36 * 3_600_000);
      for (const timing of ["0 0", "30 1", "15 2", "45 2", "0 3", "*/20 *", "0 *", "10,40 *"]) {
        const expression = `${timing} * * *`;
        const ticks = nextTicks({ expression, timeZone }, new Date(from.getTime() - 1_000), 200).filter(
          (tick) => tick <= to,
        );
        assert.deepEqual(
          ticks.map((tick) => tick.toISOString()),
          ticksByHand(timing, timeZone, from, to),
          `${expression} from ${day}`,
        );
      }
    }
  });
}

test("the last tick at a moment is that moment, if it ticks then", () => {
  const timing = { expression: "0 * * * *", timeZone: "UTC" };
  assert.equal(lastTick(timing, now)?.toISOString(), "2027-06-01T12:00:00.000Z");
  assert.equal(lastTick(timing, new Date(now.getTime() - 1))?.toISOString(), "2027-06-01T11:00:00.000Z");
  assert.equal(nextTick(timing, now)?.toISOString(), "2027-06-01T13:00:00.000Z");
});

test("what is no expression, no time zone or never ticks is refused with what is wrong", () => {
  const utc = (expression: string) => ({ expression, timeZone: "UTC" });
  for (const expression of [
    "",
    "* * * *",
    "* * * * * *",
    "61 * * * *",
    "a b c d e",
    "2027-01-01T00:00:00",
    "*/0 * * * *",
    "@reboot",
  ]) {
    assert.throws(() => checkTiming(utc(expression), now), refusal("/expression"), expression);
  }
  assert.throws(() => checkTiming(utc("0 0 30 2 *"), now), refusal("/expression"));
  const nowhere = { expression: "@daily", timeZone: "Mars/Base" };
  assert.throws(() => checkTiming(nowhere, now), refusal("/timeZone"));
  for (const expression of ["@hourly", "0 6 * * 1-5", "0 0 L * *", "*/5 * * JAN-MAR MON"])
    checkTiming(utc(expression), now);
});

const due = (some: Partial<DueSchedule>): DueSchedule => ({
  expression: "*/10 * * * *",
  timeZone: "UTC",
  catchUp: "last",
  nextAt: new Date("2027-06-01T11:10:00Z"),
  now: new Date("2027-06-01T12:05:00Z"),
  ...some,
});
const iso = (ticks: Date[]) => ticks.map((tick) => tick.toISOString().slice(11, 16));

test("ticks that passed are left out, made up for by the last, or all launched", () => {
  const next = new Date("2027-06-01T12:10:00Z");
  assert.deepEqual(planTicks(due({ catchUp: "skip" })), { ticks: [], next });
  const last = planTicks(due({ catchUp: "last" }));
  assert.deepEqual([iso(last.ticks), last.next], [["12:00"], next]);
  const all = planTicks(due({ catchUp: "all" }));
  assert.deepEqual(
    [iso(all.ticks), all.next],
    [["11:10", "11:20", "11:30", "11:40", "11:50", "12:00"], next],
  );
});

test("one that is seconds late was not missed, whatever the policy", () => {
  const at = new Date("2027-06-01T12:00:00Z");
  for (const catchUp of ["skip", "last", "all"] as const) {
    const plan = planTicks(due({ catchUp, nextAt: at, now: new Date("2027-06-01T12:00:40Z") }));
    assert.deepEqual(plan, { ticks: [at], next: new Date("2027-06-01T12:10:00Z") });
  }
});

test("a long absence is caught up with in parts", () => {
  const first = planTicks(
    due({ catchUp: "all", expression: "* * * * *", nextAt: new Date("2027-05-31T00:00:00Z") }),
  );
  assert.equal(first.ticks.length, mostTicks);
  const second = planTicks(due({ catchUp: "all", expression: "* * * * *", nextAt: first.next }));
  assert.equal((second.ticks[0]?.getTime() ?? 0) - (first.ticks.at(-1)?.getTime() ?? 0), 60_000);
});

test("a new one is planned and launches nothing; what cannot be read any more says why", () => {
  assert.deepEqual(planTicks(due({ nextAt: null })), { ticks: [], next: new Date("2027-06-01T12:10:00Z") });
  assert.match(planTicks(due({ expression: "61 * * * *" })).fault ?? "", /cannot be read/);
  assert.deepEqual(planTicks(due({ timeZone: "Mars/Base" })).next, null);
});
