import { fromDatabase } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";

/** The rows of a statement in a tenant transaction. @throws RowlockError for what the kernel's functions refuse */
export async function ask<Row extends Record<string, unknown>>(
  tx: TenantTransaction,
  sql: string,
  values: unknown[],
): Promise<Row[]> {
  try {
    return (await tx.query<Row>(sql, values)).rows;
  } catch (error) {
    throw fromDatabase(error);
  }
}
