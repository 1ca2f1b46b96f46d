import { channel } from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "../../log.ts";
import { stopCancelled } from "../run/under-way.ts";
import { Leadership } from "./tick.ts";

const candidateEveryMs = 500;
const leastPauseMs = 3;
/** Wherever the server is, a cut network ends the session, and with it the leadership, within some seconds. */
export const sessionSettings = `set tcp_keepalives_idle = 2; set tcp_keepalives_interval = 1; set tcp_keepalives_count = 3;
  set tcp_user_timeout = 5000; set timezone = 'UTC'; set datestyle = 'ISO'; listen "rowlock:dispatch"; listen "rowlock:cancel"`;

/** Tells whoever watches how long each look took and how many jobs it handed over: { ms, jobs }. */
const ticks = channel("rowlock:dispatch");

export type DispatcherOptions = {
  /** The login rowlock_task, direct to the server: the lock and LISTEN belong to the session. */
  url: string;
  /** Hands of this process, while no worker is entered. */
  concurrency: number;
  logger: Logger;
};

export type Dispatching = {
  /** A delivery of this process has ended. */
  completed(): void;
  stop(): Promise<void>;
};

/**
 * Every worker process stands ready to dispatch; one does, by an advisory lock on its own connection, over which goes
 * everything it reads and writes: when that connection is lost, so is the leadership, and no word of it remains.
 */
export function startDispatcher({ url, concurrency, logger }: DispatcherOptions): Dispatching {
  const stopping = new AbortController();
  let leadership: Leadership | undefined;
  let wake = new AbortController();
  let completed = 0;

  const pause = async (ms: number) => {
    const signal = AbortSignal.any([wake.signal, stopping.signal]);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    wake = new AbortController();
  };

  const lead = async (client: pg.Client) => {
    for (let leads = false; !leads; ) {
      const { rows } = await client.query<{ leads: boolean }>(
        "select rowlock_private.lead_dispatch() as leads",
      );
      leads = rows[0]?.leads === true;
      if (!leads) await pause(candidateEveryMs);
      if (stopping.signal.aborted) return;
    }
    const mine = new Leadership(client, concurrency);
    leadership = mine;
    while (!stopping.signal.aborted) {
      completed = 0;
      const began = performance.now();
      const { waitMs, jobs } = await mine.tick();
      if (ticks.hasSubscribers) ticks.publish({ ms: performance.now() - began, jobs });
      await sleep(leastPauseMs);
      if (mine.runsDry(completed)) continue;
      await pause(waitMs);
    }
    await mine.end();
  };

  const serve = async () => {
    const client = new pg.Client({
      connectionString: url,
      application_name: "rowlock-dispatcher",
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: 20_000,
      pipeline: true,
    } as pg.ClientConfig);
    let lost: Error | undefined;
    client.on("error", (error) => {
      lost = error;
      wake.abort();
    });
    client.on("notification", ({ channel: topic, payload }) => {
      // Every worker listens here, the leader and those that stand ready.
      if (topic === "rowlock:cancel") {
        if (payload !== undefined) stopCancelled(payload);
        return;
      }
      // A launch that found the system idle, or jobs that came back: then the payload names whose.
      if (payload !== undefined && /^[0-9a-f-]{36}$/.test(payload)) leadership?.ledger.leftovers(payload);
      wake.abort();
    });
    try {
      await client.connect();
      await client.query(sessionSettings);
      await lead(client);
      if (lost !== undefined) throw lost;
    } finally {
      leadership = undefined;
      await client.end().catch(() => undefined);
    }
  };

  const serving = (async () => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      const began = performance.now();
      await serve().catch((error: Error) => {
        if (performance.now() - began > 10_000) failures = 0;
        if (!stopping.signal.aborted) logger.warn(`The dispatcher's connection failed: ${error.message}`);
      });
      if (!stopping.signal.aborted) await pause(Math.min(2_000, 50 * 2 ** failures));
    }
  })();

  return {
    completed() {
      completed += 1;
      if (leadership?.runsDry(completed)) wake.abort();
    },
    async stop() {
      stopping.abort();
      await serving;
    },
  };
}
