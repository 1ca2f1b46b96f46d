import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { sessionSettings } from "../../src/jobs/keep/dispatcher.ts";
import { Leadership } from "../../src/jobs/keep/tick.ts";
import type { TestDatabase } from "./database.ts";
import { type BrokerRow, brokerRows } from "./jobs.ts";

/** One leadership of the dispatcher, which acts when the test says so. */
export type Leading = AsyncDisposable & {
  leadership: Leadership;
  /** Ticks, with pauses, until the answer fits; fails after `timeoutMs`. */
  tickUntil<T>(ask: () => Promise<T>, fits: (answer: T) => boolean, timeoutMs?: number): Promise<T>;
};

/** Begins to lead on a connection as dispatchers have it. @param hands hands of all workers there are */
export async function lead(db: TestDatabase, hands: number): Promise<Leading> {
  const client = new pg.Client({ connectionString: db.urls.task, pipeline: true } as pg.ClientConfig);
  await client.connect();
  await client.query(sessionSettings);
  const leadership = new Leadership(client, hands);
  return {
    leadership,
    async tickUntil(ask, fits, timeoutMs = 10_000) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        await leadership.tick();
        const answer = await ask();
        if (fits(answer)) return answer;
        if (performance.now() > deadline) {
          throw new Error(`Ticked ${timeoutMs} ms in vain; the last answer was ${JSON.stringify(answer)}`);
        }
        await sleep(5);
      }
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** The jobs that each delivery of the broker names, in the order in which it hands out. */
export async function deliveries(db: TestDatabase): Promise<string[][]> {
  return (await brokerRows(db)).map(({ payload }) => jobsOf(payload));
}

export function jobsOf({ job, jobs }: BrokerRow["payload"]): string[] {
  return jobs ?? (job === undefined ? [] : [job]);
}

/** A delivery that names a job ends, as the broker's own completion ends it. */
export async function endDelivery(db: TestDatabase, jobId: string): Promise<void> {
  await db
    .pool("admin")
    .query("delete from graphile_worker._private_jobs where payload::text like '%' || $1 || '%'", [jobId]);
}
