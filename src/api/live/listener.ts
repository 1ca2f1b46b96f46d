import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "../../log.ts";

/** Wherever the server is, a cut network is noticed within some seconds. */
const sessionSettings = `set tcp_keepalives_idle = 2; set tcp_keepalives_interval = 1; set tcp_keepalives_count = 3;
  set tcp_user_timeout = 5000; listen "rowlock:changes"`;

export type Listener = {
  /** Whether notifications arrive now; while they do not, whoever wants to know looks often. */
  connected(): boolean;
  stop(): Promise<void>;
};

/**
 * Keeps one connection that listens for changes, whatever becomes of it. Notifications carry nothing: what changed is
 * read from the table.
 * @param url of the login rowlock_api, direct to the server: LISTEN belongs to the session
 * @param changed called for each notification, and whenever the connection is there again
 */
export function startListener(options: {
  url: string | undefined;
  logger: Logger;
  changed: () => void;
}): Listener {
  const { url, logger, changed } = options;
  const stopping = new AbortController();
  let connected = false;

  const listen = async () => {
    const client = new pg.Client({
      ...(url === undefined ? {} : { connectionString: url }),
      application_name: "rowlock-api-live",
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
    });
    const ended = new Promise<void>((resolve) => {
      client.on("error", () => resolve());
      client.on("end", () => resolve());
      stopping.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    client.on("notification", changed);
    try {
      await client.connect();
      await client.query(sessionSettings);
      connected = true;
      changed();
      await ended;
    } finally {
      connected = false;
      await client.end().catch(() => undefined);
    }
  };

  const listening = (async () => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      const began = performance.now();
      await listen().catch(() => undefined);
      if (stopping.signal.aborted) return;
      if (performance.now() - began > 10_000) failures = 0;
      if (failures % 10 === 0)
        logger.warn("The connection that listens for changes was lost; it is made anew");
      await sleep(Math.min(2_000, 50 * 2 ** failures), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
    }
  })();

  return {
    connected: () => connected,
    async stop() {
      stopping.abort();
      await listening;
    },
  };
}
