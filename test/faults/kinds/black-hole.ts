import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

/** After this Postgres gives up on a client that does not answer its keep-alives. */
const serverPatienceMs = 5_000;

/** Nothing passes between a worker and Postgres, and neither is told. Then it passes again, or the connections are gone. */
export const blackHole: Fault = {
  name: "connections swallow everything",
  lasts: { short: 1_500, usual: [500, 4_000], first: 12_000 },
  async inflict({ workers }, { lastsMs, random }) {
    const victim = random.pick(workers);
    const heals = random.chance(0.4);
    victim.proxy.stall();
    await sleep(Math.min(lastsMs, serverPatienceMs));
    if (lastsMs > serverPatienceMs) {
      await victim.proxy.giveUpServerSide(500);
      await sleep(lastsMs - serverPatienceMs);
    }
    victim.proxy.flow();
    if (!heals) victim.proxy.cut();
    return `${victim.name} for ${(lastsMs / 1000).toFixed(1)} s, then ${heals ? "they go on" : "they are cut"}`;
  },
};
