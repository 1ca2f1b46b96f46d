import { runMigrations } from "graphile-worker";
import type pg from "pg";
import type { Logger } from "../../log.ts";
import { RowlockError } from "../../sdk/index.ts";
import { loginRoles } from "../logins.ts";
import { createPool } from "../pools.ts";
import { workerLogger } from "../worker-logger.ts";
import { escapeIdentifier } from "./session.ts";

/**
 * Installs or updates the broker's schema `graphile_worker` with its own migrations, as rowlock_broker.
 * Through the admin's connection: the broker's own may lead through a pooler.
 */
export async function migrateBroker(client: pg.ClientBase, adminUrl: string, logger: Logger): Promise<void> {
  const takeBack = await lendCreate(client);
  const pool = createPool({
    url: adminUrl,
    max: 1,
    name: "rowlock migrate",
    logger,
    role: loginRoles.broker,
  });
  const exitCode = process.exitCode;
  try {
    await runMigrations({
      pgPool: pool,
      schema: "graphile_worker",
      logger: workerLogger(logger),
    });
  } catch (error) {
    if (process.exitCode !== 57) throw error;
    // Graphile Worker marks the process when the schema is newer than it; that is ours to decide.
    process.exitCode = exitCode;
    throw new RowlockError(
      "DATABASE_TOO_NEW",
      "The schema graphile_worker is newer than this Rowlock's graphile-worker. Upgrade Rowlock.",
      { cause: error },
    );
  } finally {
    await pool.end();
    await takeBack();
  }
}

/** Graphile Worker says `create schema if not exists`, for which Postgres asks the right even if it exists. */
async function lendCreate(client: pg.ClientBase): Promise<() => Promise<void>> {
  const { rows } = await client.query<{ database: string; installed: boolean; may: boolean }>(
    `select current_database() as database,
            to_regclass('graphile_worker.migrations') is not null as installed,
            has_database_privilege($1, current_database(), 'CREATE') as may`,
    [loginRoles.broker],
  );
  const found = rows[0];
  if (found === undefined || found.installed || found.may) return async () => undefined;
  const database = escapeIdentifier(found.database);
  await client.query(`grant create on database ${database} to ${loginRoles.broker}`);
  return async () => {
    await client.query(`revoke create on database ${database} from ${loginRoles.broker}`);
  };
}
