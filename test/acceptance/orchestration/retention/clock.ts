import type { TestDatabase } from "../../../helpers/database.ts";
import { ownIdTime } from "../../../helpers/id-time.ts";
import { asOwner } from "../../../helpers/organization.ts";

/** What goes by the time that ids carry. */
const timed = ["retentions", "may_drop", "pack_period", "keep_periods", "count_week"];

export type Clock = {
  /** Puts the clock forward: it is now so many hours after the beginning. */
  set(hours: number): Promise<void>;
};

/**
 * A clock of the test's own. Ids of jobs, batches and events carry its time, and retention, periods and counts go by it; their
 * functions are those of the migration, with another `now()`. It begins on a Saturday that lies ahead, so that a week ends
 * in the middle and whatever has ended has done so before.
 */
export async function startClock(db: TestDatabase): Promise<Clock> {
  const textOf = async (sql: string) => (await asOwner<{ text: string }>(db, sql))[0]?.text ?? "";
  const idTime = await ownIdTime(db);
  const saturday = await textOf(
    "select (date_trunc('week', now(), 'UTC') + interval '12 days')::text as text",
  );
  const set = async (hours: number) => {
    const moment = `(timestamptz '${saturday}' + interval '${hours} hours')`;
    const shift = await textOf(`select extract(epoch from ${moment} - now())::text as text`);
    await idTime.shift(Number(shift));
    await asOwner(
      db,
      `create or replace function rowlock_private.simulated_now() returns timestamptz language sql stable parallel safe
      as $$ select now() + interval '${shift} seconds' $$`,
    );
  };
  await set(0);
  await asOwner(db, "grant execute on function rowlock_private.simulated_now() to rowlock_task");
  for (const name of timed) {
    const definition = await textOf(
      `select pg_get_functiondef(p.oid) as text from pg_proc p
       where p.pronamespace = 'rowlock_private'::regnamespace and p.proname = '${name}'`,
    );
    await asOwner(db, definition.replaceAll(/\bnow\(\)/g, "rowlock_private.simulated_now()"));
  }
  await asOwner(db, "select rowlock_private.keep_periods()::text as text");
  return { set };
}
