import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type pg from "pg";
import { secureDatabase } from "../../src/db/index.ts";
import { createLogger, createPool, launchJobFor, launchJobs, withTenant } from "../../src/index.ts";
import type { Bench } from "../lib/bench.ts";
import { inLanes } from "../lib/lanes.ts";
import { nowMicros } from "../lib/marks.ts";
import { withClient } from "../lib/pool.ts";
import { spawnWorkers } from "../lib/processes.ts";
import { ownTaskNames, type Peer, taskNames, type Workers } from "./peer.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");
const bin = join(root, "bin", "rowlock.js");
const database = "bench_rowlock";
const userId = "0199aaaa-0000-7000-8000-ffffffffffff";
const logger = createLogger({ level: "error", format: "text" });
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/**
 * This repository: `rowlock worker` as its users run it. Bulk launches are a member's, through `withTenant`; single
 * ones an application's, as others' are: one statement of its own login.
 */
export function rowlock({ postgres, folder, latencyFile }: Bench): Peer {
  let members: pg.Pool | undefined;
  let application: pg.Pool | undefined;
  let known: readonly string[] = [];

  const env = (url: string): Record<string, string> => ({
    DATABASE_URL: url,
    ROWLOCK_EVALS: "off",
    ROWLOCK_DATA_DIR: join(folder, "rowlock"),
    TASKS_DIR: join(import.meta.dirname, "..", "tasks"),
    SQL_DIR: join(import.meta.dirname, "..", "sql"),
    LOG_LEVEL: "error",
    BENCH_LATENCY_FILE: latencyFile,
  });
  const start = (url: string, count: number, concurrency: number): Promise<Workers> =>
    spawnWorkers(folder, count, [process.execPath, bin, "worker"], {
      ...env(url),
      WORKER_CONCURRENCY: String(concurrency),
    });

  /** Migrated, with the catalogue that a first worker writes, and a login for an application. */
  async function build(url: string): Promise<void> {
    await run(process.execPath, [bin, "migrate"], { env: { ...process.env, ...env(url) } });
    await withClient(url, async (admin) => {
      await admin.query("drop role if exists bench_app; create role bench_app login");
      await admin.query(`grant usage on schema rowlock to bench_app; grant execute on function
        rowlock.launch_job_for to bench_app`);
      const worker = await start(url, 1, 1);
      const catalogue = async () => (await admin.query("select from rowlock.tasks")).rows.length;
      for (
        const deadline = Date.now() + 60_000;
        (await catalogue()) < taskNames.length + ownTaskNames.length;
        await sleep(50)
      ) {
        if (Date.now() > deadline) throw new Error("Rowlock's worker wrote no catalogue.");
      }
      await worker.stop();
    });
  }

  const close = async () => {
    await Promise.all([members?.end(), application?.end()]);
    [members, application] = [undefined, undefined];
  };

  return {
    name: "Rowlock",
    version,
    database,
    settings: "`rowlock worker`; row-level security, result stored, exactly once",
    async setUp(organizations) {
      await close();
      const url = await postgres.freshDatabase(database, build);
      await withClient(url, async (admin) => {
        // Rights on the database itself do not come with a template.
        await secureDatabase(admin);
        await admin.query("set role rowlock_owner");
        await admin.query("insert into rowlock.users (id, email) values ($1, 'bench@example.com')", [userId]);
        await admin.query(
          "insert into rowlock.organizations (id, name) select id, 'bench' from unnest($1::uuid[]) id",
          [organizations],
        );
        await admin.query(
          "insert into rowlock.memberships (organization_id, user_id, role) select id, $2, 'owner' from unnest($1::uuid[]) id",
          [organizations, userId],
        );
      });
      known = organizations;
      const as = (role: string) => url.replace("//postgres@", `//${role}@`);
      members = createPool({ url: as("rowlock_api"), max: 8, name: "bench", logger });
      application = createPool({ url: as("bench_app"), max: 8, name: "bench", logger });
    },
    async launchMany(task, count, organizations = known) {
      const pool = members;
      if (pool === undefined) throw new Error("setUp comes first");
      const share = Math.ceil(count / organizations.length);
      let left = count;
      const chunks: { organizationId: string; size: number }[] = [];
      for (const organizationId of organizations) {
        for (let own = Math.min(share, left); own > 0; own -= 1_000) {
          chunks.push({ organizationId, size: Math.min(own, 1_000) });
        }
        left -= Math.min(share, left);
      }
      let n = 0;
      await inLanes(chunks, 1, async ({ organizationId, size }) => {
        const payloads = Array.from({ length: size }, () => ({ n: n++, launchedAt: nowMicros() }));
        await withTenant(pool, { organizationId, userId }, (tx) => launchJobs(tx, task, payloads));
      });
    },
    async launchOne(task, organizationId) {
      if (application === undefined) throw new Error("setUp comes first");
      const who = { organizationId, userId };
      await launchJobFor(application, who, task, { n: 0, launchedAt: nowMicros() });
    },
    async expectBusy() {
      const sql = "select busy from rowlock_private.dispatch_state";
      const [row] = await postgres.query<{ busy: boolean }>(database, sql);
      if (row?.busy !== true) throw new Error("Rowlock is not busy: a launch would hand over at once.");
    },
    startWorkers: (count, concurrency) => start(postgres.url(database), count, concurrency),
    async isDrained() {
      // The newest first: in a table that is worked off from its front this is found at once.
      const rows = await postgres.query(database, "select 1 from rowlock.live order by id desc limit 1");
      return rows.length === 0;
    },
    async remaining() {
      const [row] = await postgres.query<{ n: number }>(
        database,
        "select count(*)::int as n from rowlock.live",
      );
      return row?.n ?? 0;
    },
    storage: () => postgres.size(database, ["rowlock", "rowlock_private", "graphile_worker"]),
    close,
  };
}
