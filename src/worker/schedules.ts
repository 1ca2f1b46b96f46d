import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { fanOut, runDueSchedules } from "../jobs/index.ts";
import type { Logger } from "../log.ts";

const everyMs = 500;
const afterFailureMs = 2_000;

/**
 * Launches what schedules have due, until it is stopped. Every worker does; a tick is launched by one of them.
 * @param pool of the login rowlock_task
 */
export function startSchedules({ pool, logger }: { pool: Pool; logger: Logger }): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const round = async () => {
    for (const { organizationId, id, errorCode } of await runDueSchedules(pool)) {
      if (errorCode === null) continue;
      logger.warn(`A schedule could not launch its job: ${errorCode}`, { organizationId, schedule: id });
    }
    await fanOut(pool, stopping.signal);
  };
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const pause = await round().then(
        () => everyMs,
        (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          logger.warn(`Looking after schedules failed, and is tried again: ${message}`);
          return afterFailureMs;
        },
      );
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
