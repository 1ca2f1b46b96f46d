/** The part of a `pg` client or pool that reading the catalogue needs. */
export type Queryable = { query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> };

/**
 * One statement of the dump and where it belongs: the object's kind and full name, and its place (`part`) inside
 * that object: 1 the object, 2 what it is made of, 3 what guards it, 4 who may, 5 what it means.
 */
export type Line = { kind: string; name: string; part: number; statement: string };

/** Runs queries that each yield `kind, name, part, statement`, one after the other. `names` is their $1. */
export async function readLines(
  client: Queryable,
  queries: readonly string[],
  names: readonly string[],
): Promise<Line[]> {
  const lines: Line[] = [];
  for (const sql of queries) lines.push(...((await client.query(sql, [names])).rows as Line[]));
  return lines;
}

/**
 * The relations to dump, as a common table expression. Partitions of a range are periods of time, made and dropped
 * as days go by: in the dump they would change with the date. What an extension brought is the extension's.
 */
export const relationCte = /* sql */ `
  relation as (
    select c.*, n.nspname as schema, format('%I.%I', n.nspname, c.relname) as full_name,
           case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                          when 'c' then 'type' else 'table' end as kind
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any($1)
      and not (c.relispartition and pg_get_expr(c.relpartbound, c.oid) like 'FOR VALUES FROM%')
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  )`;

/** The same for functions. */
export const routineCte = /* sql */ `
  routine as (
    select p.*, case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
           format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as full_name
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any($1)
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  )`;
