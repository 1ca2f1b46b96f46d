import { Cron } from "croner";
import { RowlockError } from "../../sdk/index.ts";

/** When a schedule ticks: five fields of cron, or a name such as @daily, read in a time zone. */
export type Timing = { expression: string; timeZone: string };

/**
 * An expression that was read, and what it answered last: thousands of schedules that tick at one moment ask the same,
 * and croner goes through the calendar for each.
 */
type Known = {
  cron: Cron;
  /** No tick after `from` and before `at`. */
  next?: { from: Date; at: Date };
  /** No tick after `at` up to `until`. */
  last?: { at: Date; until: Date };
};

/** Bounded; reading an expression takes longer than asking it. */
const known = new Map<string, Known>();
const mostKnown = 1_000;

/**
 * The first tick after a moment, null when there is none any more. What daylight saving leaves out ticks at the end of
 * the gap, what it repeats ticks once; `*` and steps of minutes tick on through both hours.
 * @throws RowlockError INVALID_ARGUMENT for an expression or a time zone that cannot be read
 */
export function nextTick(timing: Timing, after: Date): Date | null {
  return read(timing, (one) => {
    if (one.next !== undefined && one.next.from <= after && after < one.next.at) return one.next.at;
    const at = one.cron.nextRun(after);
    if (at !== null) one.next = { from: after, at };
    return at;
  });
}

/** The next ticks, at most so many. @throws RowlockError as `nextTick` */
export function nextTicks(timing: Timing, after: Date, most: number): Date[] {
  return read(timing, ({ cron }) => cron.nextRuns(most, after));
}

/** The last tick at or before a moment, null when there was none. @throws RowlockError as `nextTick` */
export function lastTick(timing: Timing, until: Date): Date | null {
  return read(timing, (one) => {
    const { last, next } = one;
    if (last !== undefined && last.at <= until) {
      // The time up to which no other tick is known: the two answers may meet.
      if (until <= last.until || (next !== undefined && next.from <= last.until && until < next.at))
        return last.at;
    }
    // A tick within the second of its reference counts as before it.
    const at = one.cron.previousRuns(1, new Date(until.getTime() + 1))[0] ?? null;
    if (at !== null) one.last = { at, until };
    return at;
  });
}

/** @throws RowlockError INVALID_ARGUMENT also for what never ticks */
export function checkTiming(timing: Timing, now: Date): void {
  if (nextTick(timing, now) === null) {
    throw refuse("/expression", `"${timing.expression}" never ticks`, undefined);
  }
}

function read<T>(timing: Timing, ask: (one: Known) => T): T {
  const name = `${timing.timeZone} ${timing.expression}`;
  const one = known.get(name) ?? { cron: parse(timing) };
  try {
    const answer = ask(one);
    if (known.size >= mostKnown) known.clear();
    known.set(name, one);
    return answer;
  } catch (error) {
    throw refuse("/timeZone", `"${timing.timeZone}" is no time zone, such as Europe/Berlin`, error);
  }
}

function parse({ expression, timeZone }: Timing): Cron {
  // croner also takes a date and more fields; what ticks within a minute is work for one job.
  if (!/^(@\w+|\S+( +\S+){4})$/.test(expression)) {
    throw refuse(
      "/expression",
      `"${expression}" is not five fields of cron, such as "30 6 * * 1-5"`,
      undefined,
    );
  }
  try {
    return new Cron(expression, { timezone: timeZone, paused: true, mode: "5-part" });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
    throw refuse("/expression", `"${expression}" cannot be read: ${reason.replace(/\.$/, "")}`, error);
  }
}

function refuse(path: string, message: string, cause: unknown): RowlockError {
  return new RowlockError("INVALID_ARGUMENT", `${message}.`, { issues: [{ path, message }], cause });
}
