import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

/** SIGKILL of one worker or of several at once, which are started again. */
export const killWorker: Fault = {
  name: "kill -9 of workers",
  lasts: { short: 300, usual: [0, 1_500] },
  async inflict({ workers }, { lastsMs, random }) {
    const victims = random.shuffled(workers).slice(0, random.pick([1, 1, 1, 2, workers.length]));
    await Promise.all(victims.map((worker) => worker.kill(lastsMs)));
    await sleep(lastsMs);
    return victims.map(({ name }) => name).join(", ");
  },
};
