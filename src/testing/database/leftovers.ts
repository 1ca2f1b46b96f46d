import pg from "pg";

/** Ours among all advisory locks of the server. The other half of a lock is the number of the run that holds it. */
export const runLock = 1_919_905_645;

/**
 * Drops databases of runs that have ended without doing so, and templates that nobody uses any more.
 * @param templateHours for which no run has used a template: it is made again in one or two seconds
 */
export async function dropLeftovers(
  admin: Pick<pg.ClientBase, "query">,
  templateHours: number,
): Promise<void> {
  const { rows } = await admin.query<{ name: string; template: boolean }>(
    // Locks of all the server's databases are seen: whose it was made from says nothing.
    `select d.datname as name, r.run is null as template
     from pg_database d, lateral (select regexp_match(d.datname, '^rowlock_test_([0-9a-f]{8})_[0-9]+$') as run) r
     where r.run is not null and not exists (
         select from pg_locks l
         where l.locktype = 'advisory' and l.classid = $1::bigint::oid
           and l.objid = ('x' || r.run[1])::bit(32)::bigint::oid)
       or d.datname ~ '^rowlock_test_template_[0-9a-f]{16}$' and now() - interval '1 hour' * $2 > (
         select coalesce(max(m[1])::timestamptz, '-infinity') from regexp_matches(shobj_description(d.oid, 'pg_database'), 'used at (.*)$') m)`,
    [runLock, templateHours],
  );
  for (const { name, template } of rows) {
    // One that is being copied stays. The dead may have left processes that hold theirs.
    const how = template ? "" : " with (force)";
    // Another process may be at the same.
    await admin.query(`drop database if exists ${pg.escapeIdentifier(name)}${how}`).catch(() => undefined);
  }
}
