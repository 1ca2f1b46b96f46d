import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { startEmbedded } from "../../src/db/index.ts";
import { openPool } from "./pool.ts";

export type Postgres = {
  version: string;
  /** Superuser's URL of a database. */
  url(database: string): string;
  /** Runs SQL as the superuser. */
  query<Row extends pg.QueryResultRow>(database: string, sql: string, values?: unknown[]): Promise<Row[]>;
  /** An empty database as a copy of a template that is built at its first use. */
  freshDatabase(name: string, build: (url: string) => Promise<void>): Promise<string>;
  /** Bytes of the tables of some schemas, with their indexes. */
  size(database: string, schemas: readonly string[]): Promise<number>;
  stop(): Promise<void>;
};

/** A server of the bench's own, with Postgres' defaults: every commit waits for the disk. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const server = await startEmbedded({ dataDir: join(folder, "postgres") });
  const url = (database: string) => server.url.replace("/rowlock?", `/${database}?`);
  const pools = new Map<string, pg.Pool>();
  const templates = new Set<string>();

  const query = async <Row extends pg.QueryResultRow>(database: string, sql: string, values?: unknown[]) => {
    const pool = pools.get(database) ?? openPool(url(database), 2);
    pools.set(database, pool);
    return (await pool.query<Row>(sql, values)).rows;
  };
  const forget = async (database: string) => {
    await pools.get(database)?.end();
    pools.delete(database);
  };

  const [row] = await query<{ server_version: string }>("postgres", "show server_version");
  return {
    version: row?.server_version ?? "",
    url,
    query,
    async freshDatabase(name, build) {
      const template = `${name}_template`;
      if (!templates.has(template)) {
        await query("postgres", `create database ${template}`);
        await build(url(template));
        await forget(template);
        templates.add(template);
      }
      await forget(name);
      await query("postgres", `drop database if exists ${name} with (force)`);
      await query("postgres", `create database ${name} template ${template}`);
      return url(name);
    },
    async size(database, schemas) {
      const [found] = await query<{ bytes: number }>(
        database,
        `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes from pg_class c
         where c.relkind in ('r', 'm') and c.relnamespace::regnamespace::text = any ($1)`,
        [schemas],
      );
      return found?.bytes ?? 0;
    },
    async stop() {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      await server.stop();
    },
  };
}

export type Redis = { socket: string; version: string; stop(): Promise<void> };

/** Debian's Redis on a socket of its own, without persistence: faster than durable, and what is lost in a crash is lost. */
export async function startRedis(folder: string): Promise<Redis> {
  const socket = join(folder, "redis.sock");
  const server = spawn(
    "redis-server",
    ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder],
    { stdio: ["ignore", "pipe", "inherit"], detached: true },
  );
  const exited = once(server, "exit");
  let output = "";
  server.stdout.on("data", (data) => {
    output += String(data);
  });
  for (const deadline = Date.now() + 10_000; !existsSync(socket); await sleep(20)) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error(`Redis did not start: ${output}`);
  }
  return {
    socket,
    version: /Redis version=([\d.]+)/.exec(output)?.[1] ?? "unknown",
    async stop() {
      server.kill("SIGTERM");
      await exited;
    },
  };
}
