import type { TestDatabase } from "./database.ts";
import { asOwner } from "./organization.ts";

/** The periods of a moment, as `keep_periods` made them then. @returns the Monday, in digits */
export async function makePeriod(db: TestDatabase, ago: string): Promise<string> {
  const [row] = await asOwner<{ week: string }>(
    db,
    "select to_char(date_trunc('week', now() - $1::interval, 'UTC') at time zone 'UTC', 'YYYYMMDD') as week",
    [ago],
  );
  const week = row?.week ?? "";
  for (const parent of ["job", "job_end", "job_events", "job_steps", "job_tags"]) {
    const child = `${parent}_p${week}`;
    const [found] = await asOwner(db, `select 1 where to_regclass('rowlock.${child}') is not null`);
    if (found !== undefined) continue;
    await asOwner(db, `select rowlock_private.make_period('${parent}', '${child}')`);
    await asOwner(db, `select rowlock_private.attach_period('${parent}', '${child}', '${week} 00:00 UTC')`);
  }
  return week;
}

/** The tables of a week that there are. */
export async function periodsOf(db: TestDatabase, week: string): Promise<string[]> {
  const rows = await asOwner<{ child: string }>(
    db,
    "select child::text from rowlock_private.periods(($1 || ' 00:00 UTC')::timestamptz)",
    [week],
  );
  return rows.map(({ child }) => child).sort();
}
