import type { Pool } from "pg";
import { noteChange } from "../../jobs/index.ts";

/**
 * Tells of what a request has changed, once it is committed.
 * @param ids undefined: nobody knows which, so whoever watches the organization looks again
 */
export function tellOf(pool: Pool, organizationId: string, ids: readonly string[] | undefined): void {
  for (const id of ids ?? [null]) noteChange(pool, organizationId, id);
}
