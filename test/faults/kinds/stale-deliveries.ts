import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

/** The broker delivers jobs that have ended, that are under way and that never were, ahead of everything else. */
export const staleDeliveries: Fault = {
  name: "stale deliveries",
  lasts: { short: 0, usual: [0, 500] },
  async inflict({ server }, { lastsMs, random }) {
    const many = random.whole(500, 2_000);
    const [row] = await server.query<{ made: number }>(
      `with known as (
         (select id, task from rowlock.live limit $1 / 4) union all
         (select id, task from rowlock.job order by id desc limit $1 / 2) union all
         select rowlock.uuid7(), 'bundled' from generate_series(1, $1 / 4)),
       made as (
         select graphile_worker.add_jobs(array_agg(
           row(task, json_build_object('job', id), null, null, 32767, null, -100, null)::graphile_worker.job_spec))
         from known)
       select (select count(*) from known)::int as made from made`,
      [many],
    );
    await sleep(lastsMs);
    return `${row?.made} of them`;
  },
};
