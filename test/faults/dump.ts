import { withClient } from "../helpers/postgres.ts";
import type { World } from "./world.ts";

const mostJobs = 10;
const mostLines = 25;
/** What tasks of the run fail with on purpose, stacks, and requests. */
const asExpected = /doomed|flaky|on purpose|first attempt fails|^\s+at |INFO {2}POST/;

const tables: readonly [name: string, sql: string][] = [
  [
    "rowlock.job",
    "select id, organization_id, task, key, source, user_id, parent_id from rowlock.job where id = any($1) order by id",
  ],
  ["rowlock.live", "select * from rowlock.live where id = any($1) order by id"],
  ["rowlock.job_end", "select * from rowlock.job_end where id = any($1) order by id"],
  ["rowlock.job_events", "select * from rowlock.job_events where job_id = any($1) order by id"],
  ["app.effects", "select * from app.effects where job_id = any($1) order by id"],
  [
    "graphile_worker._private_jobs",
    "select * from graphile_worker._private_jobs j where exists (select from unnest($1::uuid[]) i where j.payload::text like '%' || i || '%') order by id",
  ],
];

const around: readonly [name: string, sql: string][] = [
  [
    "live, by state",
    "select state, task, count(*), min(run_at), max(run_at), now() from rowlock.live group by 1, 2",
  ],
  [
    "deliveries, all",
    "select t.identifier, j.locked_by, j.attempts, count(*), min(j.run_at), min(j.last_error) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id group by 1, 2, 3",
  ],
  ["rowlock_private.workers", "select * from rowlock_private.workers"],
  ["dispatch_state", "select * from rowlock_private.dispatch_state"],
  [
    "sessions",
    "select pid, usename, application_name, state, wait_event, now() - xact_start as in_transaction, left(query, 100) as query from pg_stat_activity where usename like 'rowlock%' and (state <> 'idle' or application_name like '%dispatcher')",
  ],
];

/** Writes down all there is to know of the jobs that are not as they should be. */
export async function dump(world: World, keys: readonly string[]): Promise<string> {
  const parts: string[] = [];
  const show = (name: string, rows: readonly unknown[]) =>
    parts.push(`${name} (${rows.length})`, ...rows.map((row) => `  ${JSON.stringify(row)}`));
  await withClient(world.server.url, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      "select id from rowlock.job where key = any($1) union all select id from rowlock.live limit $2",
      [keys, mostJobs],
    );
    const ids = rows.map(({ id }) => id);
    for (const [name, sql] of tables) show(name, (await client.query(sql, [ids])).rows);
    for (const [name, sql] of around) show(name, (await client.query(sql)).rows);
  }).catch((error: Error) => parts.push(`The database says no more: ${error.message}`));
  for (const { name, lines } of [...world.workers, world.api]) {
    const telling = lines.filter((line) => !asExpected.test(line));
    parts.push(`${name} said last`, ...telling.slice(-mostLines).map((line) => `  ${line.slice(0, 300)}`));
  }
  return parts.join("\n");
}
