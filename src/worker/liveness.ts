import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { noticeCuts } from "../db/index.ts";
import type { Logger } from "../log.ts";

const beatMs = 1_000;

export type LivenessOptions = {
  /** The login rowlock_task, direct to the server: a pooler in between would keep the lock. */
  url: string;
  /** The pool's id, under which the broker locks rows. */
  id: string;
  version: string;
  concurrency: number;
  /** `poolWaiting`: how much of this process waits for a connection. */
  state(): { polledAt: Date | null; running: number; poolWaiting: number };
  /** Others took this worker for dead: its jobs run elsewhere. */
  onLost(): void;
  logger: Logger;
};

export type Liveness = {
  /** Leaves the list of workers and gives back what the broker still holds for this one. */
  stop(): Promise<void>;
};

/** Holds a worker's advisory lock on a connection of its own, for as long as it lives, and enters its signs of life. */
export function keepAlive(options: LivenessOptions): Liveness {
  const { id, logger } = options;
  const stopping = new AbortController();
  let client: pg.Client | undefined;
  let entered = false;
  let wake = new AbortController();

  const connect = async (): Promise<pg.Client> => {
    const fresh = new pg.Client({
      connectionString: options.url,
      application_name: "rowlock-liveness",
      keepAlive: true,
      keepAliveInitialDelayMillis: 2_000,
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
    });
    fresh.on("error", (error) => logger.warn(`The liveness connection was lost: ${error.message}`));
    fresh.on("end", () => {
      if (client !== fresh) return;
      client = undefined;
      // At once: the lock is gone, and others look for it twice a second.
      wake.abort();
    });
    try {
      await fresh.connect();
      await fresh.query(noticeCuts);
      await fresh.query("select rowlock_private.register_worker($1, $2, $3, $4, $5, $6)", [
        id,
        hostname(),
        process.pid,
        options.version,
        options.concurrency,
        entered,
      ]);
      entered = true;
      return fresh;
    } catch (error) {
      await fresh.end().catch(() => undefined);
      throw error;
    }
  };

  const beat = async (): Promise<void> => {
    client ??= await connect();
    const { polledAt, running, poolWaiting } = options.state();
    const { rows } = await client.query<{ known: boolean | null }>(
      "select rowlock_private.worker_seen($1, $2, $3, $4) as known",
      [id, polledAt, running, poolWaiting],
    );
    if (rows[0]?.known !== true && !stopping.signal.aborted) {
      logger.warn(`Worker ${id} was taken for dead; its jobs run elsewhere`, { worker: id });
      options.onLost();
    }
  };

  const beating = (async () => {
    while (!stopping.signal.aborted) {
      await beat().catch((error: Error) => {
        logger.warn(`Worker ${id} could not give a sign of life: ${error.message}`, { worker: id });
      });
      const signal = AbortSignal.any([stopping.signal, wake.signal]);
      await sleep(beatMs, undefined, { signal }).catch(() => undefined);
      wake = new AbortController();
    }
  })();

  return {
    async stop() {
      stopping.abort();
      await beating;
      const last = client;
      client = undefined;
      if (last === undefined) return;
      await last.query("select rowlock_private.unregister_worker($1)", [id]).catch((error: Error) => {
        // Not lost: without our lock another worker does it.
        logger.warn(`Worker ${id} could not take its leave: ${error.message}`, { worker: id });
      });
      await last.end().catch(() => undefined);
    },
  };
}
