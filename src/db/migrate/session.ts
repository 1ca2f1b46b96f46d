import pg from "pg";
import type { Logger } from "../../log.ts";
import { RowlockError } from "../../sdk/index.ts";
import { describeConnectError } from "../connect-error.ts";
import { createPool } from "../pools.ts";

/** Random, known to every Rowlock: one migration of a database at a time. */
const lockId = 5_680_115_240_921;

/**
 * One connection as the admin, for the length of a migration, holding the migration lock of this database.
 * Another one that migrates is waited for.
 * @throws RowlockError DATABASE_UNAVAILABLE, DATABASE_UNSUPPORTED
 */
export async function withMigrationSession<T>(
  adminUrl: string,
  logger: Logger,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  const pool = createPool({ url: adminUrl, max: 1, name: "rowlock migrate", logger });
  try {
    const client = await pool.connect().catch((error: unknown) => {
      throw describeConnectError(error, adminUrl);
    });
    try {
      await checkServerVersion(client);
      // Migrations may take long; their order is kept by a column without a time zone.
      await client.query("set statement_timeout = 0; set lock_timeout = 0; set timezone = 'UTC'");
      await client.query("select pg_advisory_lock($1)", [lockId]);
      return await work(client);
    } finally {
      // Closing the connection gives the lock back, whatever state it is in.
      client.release(true);
    }
  } finally {
    await pool.end();
  }
}

async function checkServerVersion(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: number; name: string }>(
    "select current_setting('server_version_num')::int as version, current_setting('server_version') as name",
  );
  assertSupported(rows[0]?.version ?? 0, rows[0]?.name ?? "unknown");
}

/** @param version `server_version_num`, for example 180004 */
export function assertSupported(version: number, name: string): void {
  const major = Math.trunc(version / 10_000);
  if (major >= 15 && major <= 18) return;
  throw new RowlockError(
    "DATABASE_UNSUPPORTED",
    `This server is Postgres ${name}; Rowlock works with 15 to 18. Point DATABASE_URL at one of those.`,
  );
}

/** Major version of the connected server. */
export async function majorVersion(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ major: number }>(
    "select current_setting('server_version_num')::int / 10000 as major",
  );
  return rows[0]?.major ?? 0;
}

export const { escapeIdentifier, escapeLiteral } = pg;
