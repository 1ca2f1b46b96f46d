import { setTimeout as sleep } from "node:timers/promises";
import { jobsUnderWay, stopCancelled } from "../jobs/index.ts";
import { watchTransactions } from "./open-transactions.ts";
import { type RetentionOptions, startRetention } from "./retention.ts";
import { startSchedules } from "./schedules.ts";

const rescueEveryMs = 500;
/** Every so many rescues the broker's own table is looked at too. */
const thoroughEvery = 60;
/** Every so many, requests to cancel that have done their work are removed. */
const forgetEvery = 120;
const periodsEveryMs = 60 * 60_000;
const reconcileEveryMs = 10_000;
/** Minutes that are over are kept for overviews; what is not yet is read from the jobs. */
const rollEveryMs = 5_000;
/** So many of the jobs that were lost are named in the log. */
const mostNamed = 20;
/** After we could not reach the database others could not either: they get this long to take their locks again. */
const graceAfterOutageMs = 5_000;

export type Keeper = { stop(): Promise<void> };

/**
 * What every worker does for all: looks for dead workers, compares job table and broker, makes the coming periods of the
 * job tables and counts those gone by, launches what schedules have due, keeps figures of minutes gone by, forgets jobs that are over their time, and warns of transactions that stay open.
 */
export function startKeeper(options: RetentionOptions): Keeper {
  const { pool, logger } = options;
  const stopping = new AbortController();
  let notBefore = 0;

  const rescue = async (thorough: boolean) => {
    if (performance.now() < notBefore) return;
    const { rows } = await pool.query<{ worker: string; deliveries: number }>(
      "select * from rowlock_private.rescue($1)",
      [thorough],
    );
    for (const { worker, deliveries } of rows) {
      logger.warn(`Worker ${worker} is dead; ${deliveries} deliveries go to others`, { worker, deliveries });
    }
  };

  const reconcile = async () => {
    const { rows } = await pool.query<{ jobs: string[]; woken: number }>(
      "select * from rowlock_private.reconcile()",
    );
    for (const { jobs, woken } of rows) {
      if (jobs.length > 0) {
        const named = jobs.slice(0, mostNamed);
        logger.warn(`Jobs that no delivery of the queue named run again: ${jobs.length}`, { jobs: named });
      }
      if (woken > 0)
        logger.warn(`Deliveries that the queue had put off for long run now: ${woken}`, { woken });
    }
  };

  /** Of what is cancelled a notification tells; this finds what it did not. */
  const stopVain = async () => {
    const jobs = jobsUnderWay();
    if (jobs.length === 0) return;
    const { rows } = await pool.query<{ id: string }>("select rowlock_private.stopped_jobs($1) as id", [
      jobs,
    ]);
    for (const { id } of rows) stopCancelled(id);
  };

  const keeping = (async () => {
    let periodsAt = performance.now() + periodsEveryMs;
    let reconcileAt = performance.now() + reconcileEveryMs;
    let rollAt = performance.now() + rollEveryMs;
    for (let round = 1; !stopping.signal.aborted; round += 1) {
      await sleep(rescueEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        await stopVain();
        await pool.query("select rowlock_private.fail_overdue_jobs(), rowlock_private.unblock_unmarked()");
        await rescue(round % thoroughEvery === 0);
        if (round % forgetEvery === 0) await pool.query("select rowlock_private.forget_cancellations()");
        if (performance.now() > reconcileAt) {
          reconcileAt = performance.now() + reconcileEveryMs;
          await reconcile();
        }
        if (performance.now() > rollAt) {
          rollAt = performance.now() + rollEveryMs;
          await pool.query("select rowlock_private.roll_minutes()");
        }
        if (performance.now() > periodsAt) {
          periodsAt = performance.now() + periodsEveryMs;
          await pool.query("select rowlock_private.keep_periods()");
          await pool.query("select rowlock_private.count_week()");
        }
      } catch (error) {
        notBefore = performance.now() + graceAfterOutageMs;
        logger.warn(
          `Looking after dead workers and lost jobs failed: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  })();

  // Apart: deleting may take long, and the dead are looked for twice a second.
  const retention = startRetention(options);
  const schedules = startSchedules({ pool, logger });
  const transactions = watchTransactions({ pool, logger });

  return {
    async stop() {
      stopping.abort();
      await Promise.all([keeping, retention.stop(), schedules.stop(), transactions.stop()]);
    },
  };
}
