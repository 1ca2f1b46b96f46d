import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "../log.ts";
import { sqlstateOf } from "../sdk/index.ts";

export type PoolOptions = {
  url: string;
  /** Most connections. */
  max: number;
  /** `application_name`, seen in pg_stat_activity. */
  name: string;
  logger: Logger;
  /** Longest statement, in milliseconds; the server's default if not given. */
  statementTimeoutMs?: number;
  /** SET ROLE to this on every connection. */
  role?: string;
  /** Whether the process may end while the pool is open and nothing is asked of it. Default: no. */
  exitOnIdle?: boolean;
};

/** The server is full, starting, or being restarted: worth another try soon. */
const passing = new Set(["53300", "57P03", "ECONNREFUSED", "ECONNRESET", "ENOENT"]);
const retryForMs = 5_000;
const connectTimeoutMs = 10_000;

/**
 * For the server's side of a session: when the machine at our end is gone without a word, the session and its locks go
 * within some seconds, not after the system's two hours. Over a local socket the settings say nothing.
 */
export const noticeCuts =
  "set tcp_keepalives_idle = 2; set tcp_keepalives_interval = 1; set tcp_keepalives_count = 3; set tcp_user_timeout = 5000";

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void;

/** A client that gives up reaching a silent host; waiting for a free connection of the pool is not bounded. */
class BoundedClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(typeof config === "string" ? config : { ...config, connectionTimeoutMillis: connectTimeoutMs });
  }
}

class RetryingPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    const connecting = this.#connectWithRetry();
    if (callback === undefined) return connecting;
    connecting.then(
      (client) => callback(undefined, client, (release) => client.release(release)),
      (error: Error) => callback(error, undefined, () => undefined),
    );
    return undefined;
  }

  async #connectWithRetry(): Promise<pg.PoolClient> {
    const deadline = performance.now() + retryForMs;
    for (let wait = 25; ; wait = Math.min(wait * 2, 500)) {
      try {
        return await super.connect();
      } catch (error) {
        if (!passing.has(sqlstateOf(error) ?? "") || performance.now() + wait > deadline || this.ending)
          throw error;
        // Half of it by chance, so that many processes do not come back at the same moment.
        await sleep(wait * (0.5 + Math.random() / 2));
      }
    }
  }
}

/**
 * A pool whose connections pipeline: queries go out without waiting for the answers of those before.
 * It holds its connections (when the server is full, a closed one would not come back) and takes up to 5 s
 * of "full" or "starting" before it fails.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const { url, max, name, logger } = options;
  // Statements and not start-up parameters: PgBouncer refuses those it does not know.
  const setUp = [
    noticeCuts,
    ...(options.statementTimeoutMs === undefined
      ? []
      : [`set statement_timeout = ${Math.trunc(options.statementTimeoutMs)}`]),
    ...(options.role === undefined ? [] : [`set role ${pg.escapeIdentifier(options.role)}`]),
  ].join("; ");
  const pool = new RetryingPool({
    connectionString: url,
    max,
    application_name: name,
    pipeline: true,
    idleTimeoutMillis: 0,
    allowExitOnIdle: options.exitOnIdle ?? false,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    Client: BoundedClient,
    onConnect: (client) => client.query(setUp),
  });
  pool.on("error", (error) => {
    logger.warn(`A connection of the pool ${name} was lost: ${error.message}`, { code: sqlstateOf(error) });
  });
  // A borrowed client that loses its connection says so too; unheard, it would end the process. Its query rejects.
  pool.on("connect", (client) => {
    client.on("error", (error) => logger.debug(`A connection of ${name} failed: ${error.message}`));
  });
  return pool;
}
