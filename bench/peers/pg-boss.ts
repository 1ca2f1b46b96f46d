import { join } from "node:path";
import { PgBoss } from "pg-boss";
import type { Bench } from "../lib/bench.ts";
import { createEffects } from "../lib/effects.ts";
import { nowMicros } from "../lib/marks.ts";
import { spawnWorkers } from "../lib/processes.ts";
import { packageVersion } from "../lib/versions.ts";
import { type Peer, type PeerOptions, taskNames } from "./peer.ts";

const live = "from pgboss.job where state in ('created', 'retry', 'active')";

/** pg-boss in batches of 50; `fair`, with a queue and fetchers of its own for each organization. */
export function pgBoss({ postgres, folder, latencyFile }: Bench, { fair = false }: PeerOptions = {}): Peer {
  const database = "bench_pg_boss";
  let boss: PgBoss | undefined;
  let known: readonly string[] = [];
  const launching = () => {
    if (boss === undefined) throw new Error("setUp comes first");
    return boss;
  };
  const queueOf = (task: string, organization: string) => (fair ? `${organization}/${task}` : task);
  const open = async (url: string) => {
    // Maintenance is the worker's.
    const opened = new PgBoss({ connectionString: url, max: 8, supervise: false, schedule: false });
    opened.on("error", () => undefined);
    return await opened.start();
  };
  const close = async () => {
    await boss?.stop({ graceful: false });
    boss = undefined;
  };

  return {
    name: fair ? "pg-boss, a queue and fetchers per organization" : "pg-boss",
    version: packageVersion("pg-boss"),
    database,
    settings: "batches of 50 from two fetchers, fetching on while full, LISTEN",
    async setUp(organizations) {
      await close();
      const url = await postgres.freshDatabase(database, async (template) => {
        await createEffects(template);
        const building = await open(template);
        if (!fair) for (const task of taskNames) await building.createQueue(task, { notify: true });
        await building.stop({ graceful: false });
      });
      boss = await open(url);
      known = organizations;
      for (const organization of fair ? organizations : []) {
        for (const task of taskNames) await boss.createQueue(queueOf(task, organization), { notify: true });
      }
    },
    async launchMany(task, count, organizations = known) {
      for (let first = 0; first < count; first += 1_000) {
        const jobs = Array.from({ length: Math.min(1_000, count - first) }, (_, index) => {
          const organization = organizations[(first + index) % organizations.length] ?? "";
          return { data: { organization, n: first + index, launchedAt: nowMicros() } };
        });
        for (const [organization, own] of Map.groupBy(jobs, ({ data }) => (fair ? data.organization : ""))) {
          await launching().insert(queueOf(task, organization), own);
        }
      }
    },
    async launchOne(task, organization) {
      await launching().send(queueOf(task, organization), { organization, n: 0, launchedAt: nowMicros() });
    },
    startWorkers: (count, concurrency) =>
      spawnWorkers(
        folder,
        count,
        [process.execPath, join(import.meta.dirname, "..", "workers", "pg-boss.ts")],
        {
          BENCH_DATABASE_URL: postgres.url(database),
          BENCH_CONCURRENCY: String(concurrency),
          BENCH_ORGANIZATIONS: fair ? known.join(",") : "",
          BENCH_LATENCY_FILE: latencyFile,
        },
      ),
    isDrained: async () => (await postgres.query(database, `select 1 ${live} limit 1`)).length === 0,
    async remaining() {
      return (await postgres.query<{ n: number }>(database, `select count(*)::int as n ${live}`))[0]?.n ?? 0;
    },
    storage: () => postgres.size(database, ["pgboss"]),
    close,
  };
}
