import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

const everyMs = 500;

/** Every session of ours is ended, also those that wait: locks of workers and of the dispatcher go with them. */
export const terminateAll: Fault = {
  name: "all sessions terminated twice a second",
  lasts: { short: 1_000, usual: [500, 3_000] },
  async inflict({ server }, { lastsMs }) {
    let terminated = 0;
    for (let left = lastsMs; left > 0; left -= everyMs) {
      const rows = await server.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'rowlock%'",
      );
      terminated += rows.length;
      await sleep(everyMs);
    }
    return `${terminated} in ${Math.round(lastsMs)} ms`;
  },
};
