import assert from "node:assert/strict";
import { join } from "node:path";
import { forgetExpired } from "../../../src/worker/retention.ts";
import { createTestDatabase, type TestDatabase, testLogger, withClient } from "../../helpers/database.ts";
import { until } from "../../helpers/jobs.ts";
import { asOwner } from "../../helpers/organization.ts";
import { spawnWorker } from "../../helpers/worker.ts";
import { startClock } from "./retention/clock.ts";
import { launchHour, makeTenants, unfinished } from "./retention/load.ts";
import { compareSizes, type Sizes, total } from "./retention/sizes.ts";

const wanted = 2_016_000;
const hours = 168;
/** JOB_RETENTION_DAYS. */
const longestDays = 3;
/** What is there at the end may take so many times the room of the same rows, freshly loaded. */
const mostRatio = 1.5;

/** Line 7: a week's jobs go through in minutes, while what is over its time is forgotten each hour of that week. */
export async function simulatedWeek(): Promise<string> {
  await using db = await createTestDatabase();
  await using _ = await vacuumInStep(db);
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
  const began = performance.now();
  const done = { launched: 0, forgotten: 0, periods: 0, packed: 0 };
  const forget = async () => {
    const { jobs, periods, packed } = await forgetExpired(
      { pool: db.pool("task"), longestDays, logger: testLogger },
      new AbortController().signal,
    );
    done.forgotten += jobs;
    done.periods += periods;
    done.packed += packed;
  };
  for (let hour = 0; hour < hours; hour += 1) {
    await clock.set(hour);
    const [launched] = await Promise.all([launchHour(db, tenants, wanted / hours), keep(db).then(forget)]);
    done.launched += launched;
    if (hour % 24 === 23) console.log(`  after ${hour + 1} hours: ${describe(await compareSizes(db))}`);
  }
  await until(
    () => unfinished(db),
    (count) => count === 0,
    120_000,
  );
  const sizes = await compareSizes(db);
  const { bytes, fresh } = total(sizes);
  const told = `${done.launched} jobs in ${((performance.now() - began) / 60_000).toFixed(0)} min, ${done.forgotten} forgotten, ${done.periods} weeks dropped, ${done.packed} written anew; ${describe(sizes)}`;
  assert.ok(done.launched >= 2_000_000, told);
  assert.ok((sizes.get("job")?.rows ?? 0) >= 100_000, told);
  assert.ok(done.periods > 0 && done.packed > 0, told);
  assert.ok(bytes / fresh <= mostRatio, told);
  return told;
}

/** What workers do each hour beside forgetting. */
async function keep(db: TestDatabase): Promise<void> {
  await db.pool("task").query("select rowlock_private.keep_periods()");
  await db.pool("task").query("select rowlock_private.count_week()");
}

function describe(sizes: Sizes): string {
  const mb = (bytes: number) => (bytes / 1e6).toFixed(0);
  const { bytes, fresh } = total(sizes);
  const parts = ["job", "job_end", "live"].map((name) => {
    const each = sizes.get(name) ?? { rows: 0, bytes: 0, fresh: 0 };
    return `${name} ${each.rows} rows, ${mb(each.bytes)} MB beside ${mb(each.fresh)}`;
  });
  return `${mb(bytes)} MB beside ${mb(fresh)} of a fresh load, ${(bytes / fresh).toFixed(2)} (${parts.join("; ")})`;
}

/** The week passes a thousand times as fast, and so does what vacuum waits for: its rounds, and its pauses in them. */
async function vacuumInStep(db: TestDatabase): Promise<AsyncDisposable> {
  const set = async (setting: string) => {
    await withClient(db.urls.admin, (client) => client.query(`alter system ${setting}`));
    await withClient(db.urls.admin, (client) => client.query("select pg_reload_conf()"));
  };
  await set("set autovacuum_naptime = '1s'");
  await set("set autovacuum_vacuum_cost_delay = 0");
  return {
    async [Symbol.asyncDispose]() {
      await set("reset autovacuum_naptime");
      await set("reset autovacuum_vacuum_cost_delay");
    },
  };
}
