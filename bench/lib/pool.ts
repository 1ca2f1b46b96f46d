import pg from "pg";

/**
 * A pool of the bench. Databases are dropped under connections that are just closing; what those say of it must not end
 * the run. A query that fails still rejects.
 */
export function openPool(url: string, max: number, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max, idleTimeoutMillis: 0, ...options });
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Runs `work` on one connection of its own. */
export async function withClient<T>(
  url: string,
  work: (client: pg.PoolClient) => Promise<T>,
  options: pg.PoolConfig = {},
): Promise<T> {
  const pool = openPool(url, 1, options);
  try {
    const client = await pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  } finally {
    await pool.end();
  }
}
