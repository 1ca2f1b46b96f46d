import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

/** Connections between a worker and Postgres break, again and again, in the middle of whatever they carry. */
export const cutConnections: Fault = {
  name: "connections cut",
  lasts: { short: 800, usual: [100, 2_000] },
  async inflict({ workers }, { lastsMs, random }) {
    const victims = random.chance(0.5) ? workers : [random.pick(workers)];
    let cut = 0;
    for (const end = performance.now() + lastsMs; performance.now() < end; ) {
      const share = random.between(0.2, 1);
      for (const { proxy } of victims) cut += proxy.cut(() => random.chance(share));
      await sleep(random.between(50, 400));
    }
    return `${cut} of ${victims.map(({ name }) => name).join(", ")}`;
  },
};
