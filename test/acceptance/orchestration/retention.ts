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
import { compareSizes, describeSizes, ratioOf, total } from "./retention/sizes.ts";
import { countStrays } from "./retention/strays.ts";

const wanted = 2_016_000;
const hours = 168;
/** An hour takes so long at least: nine hundred times as fast as it is, whatever the machine, and vacuum can follow. */
const hourMs = 4_000;
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
  const done = { launched: 0, forgotten: 0, periods: 0, packed: 0, forgettingMs: 0 };
  const ratios: string[] = [];
  const forget = async () => {
    const from = performance.now();
    const { jobs, periods, packed } = await forgetExpired(
      { pool: db.pool("task"), longestDays, logger: testLogger },
      new AbortController().signal,
    );
    done.forgettingMs += performance.now() - from;
    done.forgotten += jobs;
    done.periods += periods;
    done.packed += packed;
  };
  for (let hour = 0; hour < hours; hour += 1) {
    await clock.set(hour);
    const [launched] = await Promise.all([
      launchHour(db, tenants, wanted / hours),
      keep(db).then(forget),
      sleep(hourMs),
    ]);
    done.launched += launched;
    if (hour % 24 === 23) ratios.push(ratioOf(total(await compareSizes(db))).toFixed(2));
  }
  await until(
    () => unfinished(db),
    (count) => count === 0,
    120_000,
  );
  const seconds = (performance.now() - began) / 1_000;
  const sizes = await compareSizes(db);
  // A round more while nothing is launched is no steady state: its figure is told and not bound.
  await clock.set(hours);
  await forget();
  const after = await compareSizes(db);
  const kept = after.get("job_end")?.rows ?? 0;

  const told = [
    `${done.launched} jobs in ${seconds.toFixed(0)} s (${(done.launched / seconds).toFixed(0)} a second)`,
    `${done.forgotten} forgotten one by one in ${(done.forgettingMs / 1_000).toFixed(0)} s, half of it pauses; weeks dropped: ${done.periods}, written anew: ${done.packed}`,
    `beside a fresh load of the same rows: ${ratioOf(total(sizes)).toFixed(2)} (each day: ${ratios.join(", ")}; after a round more, with ${kept} jobs kept: ${ratioOf(total(after)).toFixed(2)})`,
    ...describeSizes(sizes),
  ].join("\n    ");
  const none = { jobs: 0, ends: 0, steps: 0, dependencies: 0, batches: 0 };
  assert.deepEqual(await countStrays(db), none, told);
  assert.ok(done.launched >= 2_000_000, told);
  assert.ok(kept >= 100_000, told);
  assert.ok(done.periods > 0 && done.packed > 0, told);
  assert.ok(ratioOf(total(sizes)) <= mostRatio, told);
  return told;
}

/** What workers do each hour beside forgetting. */
async function keep(db: TestDatabase): Promise<void> {
  await db.pool("task").query("select rowlock_private.keep_periods()");
  await db.pool("task").query("select rowlock_private.count_week()");
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
