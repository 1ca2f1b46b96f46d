import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

const jumps = [-3_600_000, -30_000, -2_000, 2_000, 30_000, 3_600_000];

/** The clock of a worker is set ahead or back, and later set right. */
export const jumpClock: Fault = {
  name: "clock jumps",
  lasts: { short: 1_000, usual: [300, 3_000] },
  async inflict({ workers }, { lastsMs, random }) {
    const victim = random.pick(workers);
    const jump = random.pick(jumps);
    victim.setClockOff(jump);
    await sleep(lastsMs);
    victim.setClockOff(0);
    return `${victim.name} by ${jump / 1000} s for ${(lastsMs / 1000).toFixed(1)} s`;
  },
};
