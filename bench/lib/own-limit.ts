import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { rowlock } from "../peers/rowlock.ts";
import { type Bench, organizations } from "./bench.ts";
import { countEffects } from "./effects.ts";
import { succeeds } from "./install.ts";

const run = promisify(execFile);
const clients = 8;
const task = "insert-singly";

/**
 * Makes the jobs look handed over, the organizations in turns as the dispatcher would have them, and numbers their ids,
 * so that a script can name the n-th job without asking. The time in the ids stays, and with it their partition.
 */
const prepare = `
  create table public.numbered as
    select organization_id, id, (row_number() over (order by turn, organization_id) - 1)::int as n from (
      select organization_id, id, row_number() over (partition by organization_id order by id) as turn
      from rowlock.live) t;
  create temp table named as
    select *, ((select left(max(id::text), 13) from public.numbered) || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as name
    from public.numbered;
  update rowlock.job j set id = named.name from named where j.organization_id = named.organization_id and j.id = named.id;
  -- pgbench has its statements parsed before its first transaction, in which the role is set.
  grant usage on schema app to rowlock_task;
  update rowlock.live l set id = named.name, state = 'queued' from named
    where l.organization_id = named.organization_id and l.id = named.id`;

/**
 * What the database allows of the very transaction by which Rowlock runs the real job singly: its own functions, its own
 * tables and indexes, over jobs launched beforehand, each once; in 8 connections, one pipeline a job, per second.
 * @returns by the name of the row in the report; empty without pgbench
 */
export async function measureOwnLimit(bench: Bench): Promise<Record<string, number>> {
  if (!(await succeeds("pgbench", ["--version"]))) return {};
  const { postgres, folder } = bench;
  const each = bench.quick ? 750 : 3_000;
  const count = each * clients;
  const peer = rowlock(bench);
  try {
    await peer.setUp(organizations(20));
    await peer.launchMany(task, count);
    await postgres.query(peer.database, prepare);
    const [first] = await postgres.query<{ prefix: string }>(
      peer.database,
      "select left(id::text, 24) as prefix from rowlock.live limit 1",
    );
    // As they would be, launched under these ids.
    await postgres.query(peer.database, "vacuum full analyze rowlock.live");
    await postgres.query(peer.database, "vacuum full analyze rowlock.job");
    await postgres.query("postgres", "checkpoint");

    const script = join(folder, "own-limit.sql");
    const id = `('${first?.prefix ?? ""}' || lpad(to_hex(:n::int), 12, '0'))::uuid`;
    await writeFile(
      script,
      [
        "\\set n :step * :clients + :client_id",
        "\\set step :step + 1",
        "\\startpipeline",
        "begin;",
        "set local statement_timeout = 60000;",
        `select * from rowlock_private.begin_job(${id}, '${task}', false);`,
        "set local role rowlock_tenant;",
        "insert into app.effects (n) values (:n);",
        "reset role;",
        `select rowlock_private.finish_job(${id}, 0, '{"n": 1}');`,
        "commit;",
        "\\endpipeline",
      ].join("\n"),
    );
    const socket = new URL(postgres.url(peer.database)).searchParams.get("host") ?? "";
    const { stdout } = await run("pgbench", [
      ...["-h", socket, "-U", "rowlock_task", "-n", "-M", "prepared", "-c", String(clients), "-j", "2"],
      ...["-D", "step=0", "-D", `clients=${clients}`, "-t", String(each), "-f", script, peer.database],
    ]);
    const [left, effects] = [await peer.remaining(), await countEffects(postgres, peer.database)];
    if (left !== 0 || effects !== count) {
      throw new Error(`pgbench was to end ${count} jobs: ${left} are left and there are ${effects} effects.`);
    }
    const rate = Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
    return { "limit: pgbench, Rowlock's own transaction": rate };
  } finally {
    await peer.close();
  }
}
