import { join } from "node:path";
import { runMigrations } from "graphile-worker";
import type pg from "pg";
import type { Bench } from "../lib/bench.ts";
import { createEffects } from "../lib/effects.ts";
import { nowMicros } from "../lib/marks.ts";
import { openPool } from "../lib/pool.ts";
import { spawnWorkers } from "../lib/processes.ts";
import { packageVersion } from "../lib/versions.ts";
import type { Peer, PeerOptions } from "./peer.ts";

/** Stock Graphile Worker with its fastest settings, or, `fair`, with a named queue for each organization. */
export function graphileWorker(
  { postgres, folder, latencyFile }: Bench,
  { fair = false }: PeerOptions = {},
): Peer {
  const database = "bench_graphile_worker";
  let pool: pg.Pool | undefined;
  let known: readonly string[] = [];
  const close = async () => {
    await pool?.end();
    pool = undefined;
  };
  const launching = () => {
    if (pool === undefined) throw new Error("setUp comes first");
    return pool;
  };

  return {
    name: fair ? "graphile-worker, a named queue per organization" : "graphile-worker",
    version: packageVersion("graphile-worker"),
    database,
    settings: "local queue of 500, completion batched with no delay",
    async setUp(organizations) {
      await close();
      const url = await postgres.freshDatabase(database, async (template) => {
        await createEffects(template);
        await runMigrations({ connectionString: template });
      });
      pool = openPool(url, 8);
      known = organizations;
    },
    async launchMany(task, count, organizations = known) {
      for (let first = 0; first < count; first += 1_000) {
        const specs = Array.from({ length: Math.min(1_000, count - first) }, (_, index) => {
          const organization = organizations[(first + index) % organizations.length];
          return {
            identifier: task,
            payload: { organization, n: first + index, launchedAt: nowMicros() },
            ...(fair ? { queue_name: organization } : {}),
          };
        });
        await launching().query(
          "select graphile_worker.add_jobs(array(select json_populate_recordset(null::graphile_worker.job_spec, $1)))",
          [JSON.stringify(specs)],
        );
      }
    },
    async launchOne(task, organization) {
      await launching().query("select graphile_worker.add_job($1, $2)", [
        task,
        JSON.stringify({ organization, n: 0, launchedAt: nowMicros() }),
      ]);
    },
    startWorkers: (count, concurrency) =>
      spawnWorkers(
        folder,
        count,
        [process.execPath, join(import.meta.dirname, "..", "workers", "graphile-worker.ts")],
        {
          BENCH_DATABASE_URL: postgres.url(database),
          BENCH_CONCURRENCY: String(concurrency),
          BENCH_FAIR: fair ? "1" : "0",
          BENCH_LATENCY_FILE: latencyFile,
        },
      ),
    async isDrained() {
      const sql = "select 1 from graphile_worker._private_jobs order by id desc limit 1";
      return (await postgres.query(database, sql)).length === 0;
    },
    async remaining() {
      const sql = "select count(*)::int as n from graphile_worker._private_jobs";
      return (await postgres.query<{ n: number }>(database, sql))[0]?.n ?? 0;
    },
    storage: () => postgres.size(database, ["graphile_worker"]),
    close,
  };
}
