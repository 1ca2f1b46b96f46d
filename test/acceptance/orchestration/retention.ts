import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { forgetExpired } from "../../../src/worker/retention.ts";
import { createTestDatabase, type TestDatabase, testLogger, withClient } from "../../helpers/database.ts";
import { until } from "../../helpers/jobs.ts";
import { asOwner } from "../../helpers/organization.ts";
import { spawnWorker } from "../../helpers/worker.ts";
import { startClock } from "./retention/clock.ts";
import { launchHour, makeTenants, unfinished } from "./retention/load.ts";
import { compareSizes, type Sizes, total } from "./retention/sizes.ts";

/** ROWLOCK_WEEK_JOBS makes a short try of it; the figures that count are those of 2,000,000. */
const wanted = Number(process.env.ROWLOCK_WEEK_JOBS ?? 2_016_000);
const hours = Number(process.env.ROWLOCK_WEEK_HOURS ?? 168);
/** JOB_RETENTION_DAYS. */
const longestDays = 3;

/** Line 7: a week's jobs go through in minutes, while what is over its time is forgotten each hour of that week. */
export async function simulatedWeek(): Promise<string> {
  // The week passes a thousand times as fast; autovacuum, which looks around each minute, may look each second.
  await using db = await createTestDatabase();
  await using _ = await vacuumEachSecond(db);
  const clock = await startClock(db);
  const tenants = await makeTenants(db);
  const env = {
    TASKS_DIR: join(import.meta.dirname, "retention/tasks"),
    JOB_RETENTION_DAYS: String(longestDays),
  };
  await using _first = spawnWorker(db, "rowlock", env);
  await using _second = spawnWorker(db, "rowlock", env);
  await until(
    () => asOwner(db, "select from rowlock.tasks"),
    ({ length }) => length === 3,
    60_000,
  );
  const perHour = wanted / 168;
  const began = performance.now();
  const done = { launched: 0, forgotten: 0, periods: 0, packed: 0, forgetMs: 0 };
  const stopping = new AbortController().signal;
  const forget = async () => {
    const from = performance.now();
    const { jobs, periods, packed } = await forgetExpired(
      { pool: db.pool("task"), longestDays, logger: testLogger },
      stopping,
    );
    done.forgetMs += performance.now() - from;
    done.forgotten += jobs;
    done.periods += periods;
    done.packed += packed;
  };
  for (let hour = 0; hour < hours; hour += 1) {
    await clock.set(hour);
    const [launched] = await Promise.all([launchHour(db, tenants, perHour), keep(db).then(forget)]);
    done.launched += launched;
    if (hour % 24 === 23 || process.env.ROWLOCK_DEBUG_HOURS?.split(",").includes(String(hour))) {
      const sizes = await compareSizes(db);
      console.log(
        `hour ${hour}: ${((performance.now() - began) / 1000).toFixed(0)} s, launched ${done.launched}, forgotten ${done.forgotten} in ${(done.forgetMs / 1000).toFixed(1)} s, periods ${done.periods} packed ${done.packed}\n${describe(sizes)}`,
      );
    }
  }
  await clock.set(hours);
  await until(
    () => unfinished(db),
    (count) => count === 0,
    120_000,
  );
  await forget();
  await sleep(Number(process.env.ROWLOCK_SETTLE_MS ?? 0));
  const sizes = await compareSizes(db);
  for (const sql of (process.env.ROWLOCK_DEBUG_SQL ?? "").split(";").filter(Boolean))
    console.table(await asOwner(db, sql));
  const { bytes, fresh } = total(sizes);
  assert.ok(bytes / fresh < 15);
  return `${JSON.stringify(done)} ${describe(sizes)}`;
}

/** What workers do each hour beside forgetting. */
async function keep(db: TestDatabase): Promise<void> {
  await db.pool("task").query("select rowlock_private.keep_periods()");
  await db.pool("task").query("select rowlock_private.count_week()");
}

function describe(sizes: Sizes): string {
  const mb = (bytes: number) => (bytes / 1e6).toFixed(2);
  const { rows, bytes, fresh } = total(sizes);
  return [
    `total ${rows} rows, ${mb(bytes)} MB, fresh ${mb(fresh)} MB: ${(bytes / fresh).toFixed(2)}`,
    ...[...sizes]
      .filter(([, each]) => each.bytes > 100_000)
      .map(
        ([name, each]) =>
          `  ${name}: ${each.rows} rows, ${mb(each.bytes)}/${mb(each.fresh)}: ${(each.bytes / each.fresh).toFixed(2)}`,
      ),
  ].join("\n");
}

async function vacuumEachSecond(db: TestDatabase): Promise<AsyncDisposable> {
  const set = async (setting: string) => {
    await withClient(db.urls.admin, (client) => client.query(`alter system ${setting}`));
    await withClient(db.urls.admin, (client) => client.query("select pg_reload_conf()"));
  };
  await set("set autovacuum_naptime = '1s'");
  await set("set autovacuum_vacuum_cost_delay = 0");
  return { [Symbol.asyncDispose]: () => set("reset autovacuum_naptime") };
}
