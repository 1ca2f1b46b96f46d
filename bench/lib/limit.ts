import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type pg from "pg";
import type { Bench } from "./bench.ts";
import { succeeds } from "./install.ts";
import { withClient } from "./pool.ts";

const run = promisify(execFile);
const clients = 8;
const jobs = 100_000;

/** Tables like those of a job, made of plain SQL: no queue, no dispatch, no function calls. */
const schema = `
  drop role if exists limit_tenant;
  create role limit_tenant;
  create schema app;
  grant usage on schema app to limit_tenant;
  create table app.effects (
    organization_id uuid not null default current_setting('bench.organization_id')::uuid,
    id uuid not null default uuidv7(), n int not null, at timestamptz not null default clock_timestamp(),
    primary key (organization_id, id));
  create table app.job (
    id int primary key, organization_id uuid not null, state text not null default 'queued', result jsonb);
  insert into app.job (id, organization_id)
    select n, ('0199aaaa-0000-7000-8000-' || lpad(to_hex(n % 20 + 1), 12, '0'))::uuid from generate_series(1, ${jobs}) n;
  alter table app.effects enable row level security;
  alter table app.job enable row level security;
  create policy tenant on app.effects using (organization_id = (select current_setting('bench.organization_id')::uuid));
  create policy tenant on app.job using (organization_id = (select current_setting('bench.organization_id')::uuid));
  grant select, insert, update on all tables in schema app to limit_tenant`;

const enter = `select set_config('role', 'limit_tenant', true), set_config('bench.organization_id',
  '0199aaaa-0000-7000-8000-' || lpad(to_hex(ID % 20 + 1), 12, '0'), true)`.replaceAll("\n", " ");
const insert = "insert into app.effects (n) values (ID)";
const finish = `update app.job set state = 'succeeded', result = '{"n": 1}' where id = ID`;

/**
 * What the database itself allows: the tenant transaction of the real job, bare, in 8 connections, per second. One
 * INSERT under row-level security and one UPDATE of a job's row; nothing is fetched, checked or parsed.
 * @returns by the name of the row in the report
 */
export async function measureLimits(bench: Bench): Promise<Record<string, number>> {
  const url = await bench.postgres.freshDatabase("bench_limit", (template) =>
    withClient(template, async (client) => {
      await client.query(schema);
      await client.query("vacuum analyze app.job");
    }),
  );
  const seconds = bench.quick ? 1.2 : 5;
  const limits: Record<string, number> = {
    "limit: bare, pipelined, from Node": await fromNode(url, seconds),
  };
  if (await succeeds("pgbench", ["--version"])) {
    limits["limit: bare, pgbench, statement by statement"] = await fromPgbench(bench, url, seconds, false);
    limits["limit: bare, pgbench, one pipeline"] = await fromPgbench(bench, url, seconds, true);
  }
  return limits;
}

async function fromNode(url: string, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let done = 0;
  const statement = (name: string, text: string, id: number) => ({
    name,
    text: text.replaceAll("ID", "$1::int"),
    values: [id],
  });
  const lane = async (client: pg.PoolClient) => {
    for (; performance.now() < end; done += 1) {
      const id = 1 + Math.floor(Math.random() * jobs);
      await Promise.all([
        client.query("begin"),
        client.query(statement("enter", enter, id)),
        client.query(statement("insert", insert, id)),
        client.query(statement("finish", finish, id)),
        client.query("commit"),
      ]);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: clients }, () => withClient(url, lane, { pipeline: true })));
  return done / ((performance.now() - began) / 1_000);
}

async function fromPgbench(bench: Bench, url: string, seconds: number, pipeline: boolean): Promise<number> {
  const script = join(bench.folder, `limit-${pipeline ? "pipeline" : "single"}.sql`);
  const lines = [
    `\\set id random(1, ${jobs})`,
    ...(pipeline ? ["\\startpipeline"] : []),
    ...["begin", enter, insert, finish, "commit"].map((sql) => `${sql.replaceAll("ID", ":id")};`),
    ...(pipeline ? ["\\endpipeline"] : []),
  ];
  await writeFile(script, lines.join("\n"));
  const socket = new URL(url).searchParams.get("host") ?? "";
  const { stdout } = await run("pgbench", [
    ...["-h", socket, "-U", "postgres", "-n", "-M", "prepared", "-c", String(clients), "-j", "2"],
    ...["-T", String(Math.ceil(seconds)), "-f", script, "bench_limit"],
  ]);
  return Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
}
