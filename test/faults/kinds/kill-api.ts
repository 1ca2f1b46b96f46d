import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

/** SIGKILL of the API in the middle of its requests. */
export const killApi: Fault = {
  name: "kill -9 of the API",
  lasts: { short: 200, usual: [0, 1_000] },
  async inflict({ api }, { lastsMs }) {
    await api.kill(lastsMs);
    await sleep(lastsMs);
    return `back after ${Math.round(lastsMs)} ms`;
  },
};
