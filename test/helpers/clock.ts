import type { TestDatabase } from "./database.ts";
import { asOwner } from "./organization.ts";

/** From here on the database's clock stands still at this moment, for every process, until it is set again. */
export async function setClock(db: TestDatabase, at: Date): Promise<void> {
  await asOwner(
    db,
    `create or replace function rowlock_private.clock() returns timestamptz language sql volatile parallel safe
     as $$ select '${at.toISOString()}'::timestamptz $$`,
  );
}
