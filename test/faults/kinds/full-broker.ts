import { setTimeout as sleep } from "node:timers/promises";
import { foreignTask } from "../checker.ts";
import type { Fault } from "../fault.ts";

/** Tens of thousands of rows in the broker's table, ahead of ours, of a task that no worker here knows. */
export const fullBroker: Fault = {
  name: "broker full of foreign rows",
  lasts: { short: 1_000, usual: [500, 2_500] },
  async inflict({ server }, { lastsMs, random }) {
    const rows = random.whole(20_000, 50_000);
    await server.query(
      "insert into graphile_worker._private_tasks (identifier) values ($1) on conflict do nothing",
      [foreignTask],
    );
    const id = "(select id from graphile_worker._private_tasks where identifier = $1)";
    await server.query(
      `insert into graphile_worker._private_jobs (task_id, payload, priority, run_at)
       select ${id}, '{}', -1000, now() - interval '1 day' from generate_series(1, $2)`,
      [foreignTask, rows],
    );
    await sleep(lastsMs);
    await server.query(`delete from graphile_worker._private_jobs where task_id = ${id}`, [foreignTask]);
    return `${rows} of them for ${(lastsMs / 1000).toFixed(1)} s`;
  },
};
