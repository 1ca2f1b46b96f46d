import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

/** SIGSTOP, then SIGCONT; in between others may take it for dead. */
export const freezeWorker: Fault = {
  name: "worker frozen",
  lasts: { short: 1_500, usual: [200, 4_000], first: 30_000 },
  async inflict({ workers }, { lastsMs, random }) {
    const victim = random.pick(workers);
    // Cut meanwhile, its lock is gone and its jobs run elsewhere; else all it holds waits for it.
    const isCut = random.chance(0.6);
    victim.freeze();
    if (isCut) victim.proxy.cut();
    await sleep(lastsMs);
    victim.thaw();
    return `${victim.name} for ${(lastsMs / 1000).toFixed(1)} s${isCut ? ", its connections cut" : ""}`;
  },
};
