import { RowlockError, sqlstateOf } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";

/**
 * Runs a statement that returns the id of the one row it wrote.
 * @param what what a taken name is said of: `An endpoint named "x"`
 * @throws RowlockError CONFLICT, NOT_FOUND, NOT_ALLOWED
 */
export async function oneRow(
  tx: TenantTransaction,
  sql: string,
  values: unknown[],
  what: string,
): Promise<string> {
  let rows: { id: string }[];
  try {
    ({ rows } = await tx.query<{ id: string }>(sql, values));
  } catch (error) {
    const state = sqlstateOf(error);
    if (state === "23505") {
      throw new RowlockError("CONFLICT", `${what} is there already. Choose another name.`, { cause: error });
    }
    if (state === "42501") {
      throw new RowlockError(
        "NOT_ALLOWED",
        "Your role may only read. Ask an administrator of the organization.",
        {
          cause: error,
        },
      );
    }
    throw error;
  }
  const [row] = rows;
  if (row !== undefined) return row.id;
  // Row-level security hides what may only be read from whoever would change it: a viewer is told so.
  await tx.query("select rowlock.require_role('member')");
  throw new RowlockError("NOT_FOUND", "There is no such row in this organization.");
}

/** Runs what refers to a model. @throws RowlockError NOT_FOUND when there is none of this id */
export async function referringTo<T>(modelId: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (modelId === undefined || sqlstateOf(error) !== "23503") throw error;
    throw new RowlockError("NOT_FOUND", `There is no model ${modelId} in this organization.`, {
      cause: error,
    });
  }
}
