import { RowlockError } from "../../sdk/index.ts";
import { lastTick, nextTick, type Timing } from "./cron.ts";

/** What becomes of ticks that passed while no worker was there. */
export type CatchUp = "skip" | "last" | "all";

export type DueSchedule = Timing & {
  catchUp: CatchUp;
  /** Null: it was not planned yet. */
  nextAt: Date | null;
  /** By the database's clock. */
  now: Date;
};

/** Which ticks to launch now, oldest first, and when to look again; `fault`: why there are none any more. */
export type Plan = { ticks: Date[]; next: Date | null; fault?: string };

/** One that is later than this was missed: "skip" leaves it out. */
const missedAfterMs = 60_000;
/** "all" launches so many at a time; what is left is still due at the next look. */
export const mostTicks = 100;

/** Plans a schedule that is new, or has a tick that is due. */
export function planTicks(schedule: DueSchedule): Plan {
  const { catchUp, nextAt, now } = schedule;
  try {
    const ticks = nextAt === null ? [] : due(schedule, nextAt);
    const last = ticks.at(-1);
    const all = catchUp === "all" && last !== undefined;
    const next = nextTick(schedule, all ? last : now);
    return next === null ? { ticks, next, fault: "It never ticks again." } : { ticks, next };
  } catch (error) {
    if (!(error instanceof RowlockError)) throw error;
    return { ticks: [], next: null, fault: error.message };
  }
}

function due({ catchUp, now, ...timing }: DueSchedule, nextAt: Date): Date[] {
  if (catchUp === "all") {
    const ticks = [nextAt];
    for (let tick = nextTick(timing, nextAt); tick !== null && tick <= now; tick = nextTick(timing, tick)) {
      if (ticks.length === mostTicks) break;
      ticks.push(tick);
    }
    return ticks;
  }
  const last = lastTick(timing, now);
  const latest = last !== null && last > nextAt ? last : nextAt;
  return catchUp === "skip" && now.getTime() - latest.getTime() > missedAfterMs ? [] : [latest];
}
