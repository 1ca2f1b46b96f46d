import { setTimeout as sleep } from "node:timers/promises";
import { markLatency, markStart, type Payload } from "../lib/marks.ts";
import { openPool } from "../lib/pool.ts";
import type { TaskName } from "../peers/peer.ts";

export type Handlers = Record<TaskName, (payload: Payload) => Promise<void>>;

/** A variable that the bench set for its worker. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: workers are started by the bench.`);
  return value;
}

/** The same work for every peer in Node: a prepared insert on a pool of its own. */
export function makeHandlers(): Handlers {
  const pool = openPool(setting("BENCH_DATABASE_URL"), 8);
  const insert = async ({ organization, n }: Payload) => {
    await pool.query({
      name: "bench_insert",
      text: "insert into app.effects (organization_id, n) values ($1, $2)",
      values: [organization, n],
    });
  };
  return {
    async insert(payload) {
      markStart();
      await insert(payload);
    },
    async noop() {
      markStart();
    },
    async wait() {
      markStart();
      await sleep(50);
    },
    async slow(payload) {
      markStart();
      await sleep(5);
      await insert(payload);
    },
    async stamp(payload) {
      markStart();
      markLatency(payload);
    },
  };
}
