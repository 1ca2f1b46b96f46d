import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

const everyMs = 500;

/** Every session that is at work is ended, twice a second. */
export const terminateBackends: Fault = {
  name: "active backends terminated twice a second",
  lasts: { short: 1_500, usual: [500, 4_000], first: 60_000 },
  async inflict({ server }, { lastsMs }) {
    let terminated = 0;
    for (let left = lastsMs; left > 0; left -= everyMs) {
      const rows = await server.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where usename like 'rowlock%' and state <> 'idle' and pid <> pg_backend_pid()`,
      );
      terminated += rows.length;
      await sleep(everyMs);
    }
    return `${terminated} in ${Math.round(lastsMs)} ms`;
  },
};
