import { type Line, type Queryable, readLines, routineCte } from "./line.ts";

/** Functions and procedures as they were written, and types of our own. */
export async function dumpRoutines(client: Queryable, schemas: readonly string[]): Promise<Line[]> {
  const parts = [routines, domains, enums];
  return readLines(client, parts, schemas);
}

const routines = /* sql */ `
  with ${routineCte}
  select kind, full_name as name, 1 as part,
         case when prokind = 'a' then format('-- aggregate %s', full_name)
              else rtrim(pg_get_functiondef(oid), E'\\n') || ';' end
         || format(E'\\nalter %s %s owner to %s;', kind, full_name, proowner::regrole) as statement
  from routine`;

const domains = /* sql */ `
  select 'type' as kind, format('%I.%I', n.nspname, t.typname) as name, 1 as part,
         concat_ws(' ', format('create domain %I.%I as %s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod)),
           'default ' || t.typdefault, case when t.typnotnull then 'not null' end,
           (select string_agg(pg_get_constraintdef(c.oid, true), ' ' order by c.conname)
            from pg_constraint c where c.contypid = t.oid and c.contype = 'c')) || ';' as statement
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where n.nspname = any($1) and t.typtype = 'd'`;

const enums = /* sql */ `
  select 'type' as kind, format('%I.%I', n.nspname, t.typname) as name, 1 as part,
         format('create type %I.%I as enum (%s);', n.nspname, t.typname,
                string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)) as statement
  from pg_type t join pg_namespace n on n.oid = t.typnamespace join pg_enum e on e.enumtypid = t.oid
  where n.nspname = any($1)
  group by n.nspname, t.typname`;
