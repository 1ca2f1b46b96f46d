import type { Pool } from "pg";
import { RowlockError } from "../../sdk/index.ts";

/**
 * Those of the schemas that the database has, in the order given.
 * @throws RowlockError INVALID_SETTING when there is none, or one is private to the kernel
 */
export async function existingSchemas(pool: Pool, wanted: readonly string[]): Promise<string[]> {
  const inner = wanted.find((name) =>
    /^(rowlock_private|rowlock_migrations|graphile_worker|pg_.*|information_schema)$/.test(name),
  );
  if (inner !== undefined) {
    throw new RowlockError(
      "INVALID_SETTING",
      `GRAPHQL_SCHEMAS names ${inner}, which no tenant may see. Take it out.`,
    );
  }
  const { rows } = await pool.query<{ nspname: string }>(
    "select nspname::text from pg_catalog.pg_namespace where nspname = any($1::text[])",
    [wanted],
  );
  const found = new Set(rows.map((row) => row.nspname));
  const existing = wanted.filter((name) => found.has(name));
  if (existing.length > 0) return existing;
  throw new RowlockError(
    "INVALID_SETTING",
    `GRAPHQL_SCHEMAS names no schema that the database has (${wanted.join(", ")}). Run \`rowlock migrate\`.`,
  );
}
