import type pg from "pg";
import { RowlockError, sqlstateOf } from "../../sdk/index.ts";
import { type Chain, migrationsOf } from "./chains.ts";
import { migrationsSchema } from "./schemas.ts";
import { escapeIdentifier } from "./session.ts";

type Queryable = Pick<pg.ClientBase, "query">;

/** Names of the migrations a database has had of a chain, in order; none when the chain was never applied. */
export async function appliedOf(database: Queryable, chain: Chain): Promise<string[]> {
  try {
    const { rows } = await database.query<{ name: string }>(
      `select name from ${migrationsSchema}.${escapeIdentifier(chain.name)} order by id`,
    );
    return rows.map((row) => row.name);
  } catch (error) {
    // No such schema or table.
    if (["3F000", "42P01"].includes(sqlstateOf(error) ?? "")) return [];
    throw error;
  }
}

/**
 * Refuses a database that has had migrations this Rowlock does not have.
 * @throws RowlockError DATABASE_TOO_NEW
 */
export async function assertNotNewer(database: Queryable, chains: readonly Chain[]): Promise<void> {
  for (const chain of chains) {
    const known = new Set(await migrationsOf(chain));
    const unknown = (await appliedOf(database, chain)).filter((name) => !known.has(name));
    if (unknown.length === 0) continue;
    const next =
      chain.name === "app"
        ? `Bring its file back into ${chain.dir}.`
        : "Upgrade Rowlock, or use another database.";
    throw new RowlockError(
      "DATABASE_TOO_NEW",
      `The database has the ${chain.name} migration ${unknown[0]}, which is not in this version. ${next}`,
    );
  }
}

/**
 * Asks whether a database has every migration and no other; any of our logins may. Cheap enough for a
 * readiness check.
 * @throws RowlockError DATABASE_TOO_OLD, DATABASE_TOO_NEW
 */
export async function assertSchemaCurrent(database: Queryable, chains: readonly Chain[]): Promise<void> {
  await assertNotNewer(database, chains);
  for (const chain of chains) {
    const applied = new Set(await appliedOf(database, chain));
    const missing = (await migrationsOf(chain)).filter((name) => !applied.has(name));
    if (missing.length === 0) continue;
    throw new RowlockError(
      "DATABASE_TOO_OLD",
      `The database lacks the ${chain.name} migration ${missing[0]}` +
        `${missing.length > 1 ? ` and ${missing.length - 1} more` : ""}. Run \`rowlock migrate\`.`,
    );
  }
}
