import type { Pool } from "pg";
import { createPool, locateDatabase } from "../db/index.ts";
import { type Environment, readEnvironment } from "./environment.ts";

/** Runs `work` with a connection as rowlock_owner, for commands of whoever runs the platform. */
export async function asOwner<T>(work: (pool: Pool, environment: Environment) => Promise<T>): Promise<T> {
  const environment = await readEnvironment();
  const { logins, embedded } = await locateDatabase(environment.settings, ["admin"]);
  const pool = createPool({
    url: logins.admin,
    max: 1,
    name: "rowlock-cli",
    role: "rowlock_owner",
    logger: environment.logger,
  });
  try {
    return await work(pool, environment);
  } finally {
    await pool.end();
    await embedded?.stop();
  }
}

/** An organization with its first owner. @param pool whose connections are rowlock_owner's */
export async function createOrganization(
  pool: Pool,
  name: string,
  ownerEmail: string,
): Promise<{ organizationId: string; userId: string }> {
  const { rows } = await pool.query<{ organization_id: string; user_id: string }>(
    "select * from rowlock_private.create_organization($1, $2)",
    [name, ownerEmail],
  );
  return { organizationId: String(rows[0]?.organization_id), userId: String(rows[0]?.user_id) };
}
