import type { Logger } from "../../log.ts";
import type { Logins } from "../logins.ts";
import { migrateBroker } from "./broker.ts";
import { type Chain, unnumberedIn } from "./chains.ts";
import { repairPasswords } from "./passwords.ts";
import { ensureRoles } from "./roles.ts";
import { runChain } from "./run-chain.ts";
import { ensureSchemas, grantReading } from "./schemas.ts";
import { withMigrationSession } from "./session.ts";
import { assertNotNewer } from "./state.ts";

export type MigrateOptions = {
  /** A superuser, or a login with CREATEROLE that owns the database. */
  adminUrl: string;
  /** Where the logins' passwords come from. */
  logins: Logins;
  /** Applied in this order. */
  chains: readonly Chain[];
  logger: Logger;
};

/**
 * Brings a database up to date: roles, schemas, the broker's schema, then each chain. Changes nothing when
 * all is there. Any number may run at once; they take turns.
 * @returns names of the migrations applied, as `kernel/0001_ground`
 * @throws RowlockError DATABASE_UNAVAILABLE, DATABASE_UNSUPPORTED, DATABASE_TOO_NEW, MIGRATION_FAILED
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const { adminUrl, logins, chains, logger } = options;
  return withMigrationSession(adminUrl, logger, async (client) => {
    await assertNotNewer(client, chains);
    const existing = await ensureRoles(client, logins);
    await repairPasswords(client, existing, logins, logger);
    await ensureSchemas(client, chains, logger);
    // Before the kernel, whose functions refer to the broker's.
    await migrateBroker(client, adminUrl, logger);
    const applied: string[] = [];
    for (const chain of chains) {
      for (const file of await unnumberedIn(chain)) {
        logger.warn(`Left out ${file} in ${chain.dir}: its name must be like 0001_name.sql`);
      }
      applied.push(...(await runChain(client, chain)));
    }
    await grantReading(client, chains);
    for (const name of applied) logger.info(`Applied ${name}`);
    return { applied };
  });
}
