import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

/** Within this time Postgres gives up on those that asked for keep-alives. */
const keepAliveMs = 5_000;

/**
 * The machine of a worker is gone without a word: Postgres goes on with its sessions and their locks, and gives up
 * those that asked for keep-alives. The worker comes back elsewhere.
 */
export const halfOpen: Fault = {
  name: "machine of a worker gone",
  lasts: { short: 0, usual: [0, 1_000] },
  async inflict({ workers }, { lastsMs, random }) {
    const victim = random.pick(workers);
    victim.proxy.stall();
    await victim.kill(keepAliveMs + lastsMs);
    await sleep(keepAliveMs - 1_000);
    await victim.proxy.giveUpServerSide(1_000);
    victim.proxy.leaveHalfOpen();
    return victim.name;
  },
};
