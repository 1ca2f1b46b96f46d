import type { Pool } from "pg";

export type Column = {
  name: string;
  type: string;
  /** Rights of the role rowlock_tenant. */
  select: boolean;
  insert: boolean;
  update: boolean;
  /** A check constraint lists the values it may have. */
  closed: boolean;
};

export type Relation = {
  /** `schema.name`, quoted where it must be. */
  name: string;
  kind: "table" | "view";
  isPartition: boolean;
  columns: Column[];
  /** Columns of the primary key; of a view `(organization_id, id)`, or all it has. */
  key: string[];
  mayDelete: boolean;
};

export type ForeignKey = {
  name: string;
  table: string;
  columns: string[];
  parent: string;
  parentColumns: string[];
};
export type Routine = { name: string; call: string; definer: boolean; logins: string[]; tenant: boolean };

/** Schemas of Rowlock that tenants never reach; the broker's is attacked on its own. */
const closedSchemas = ["rowlock_private", "rowlock_migrations", "graphile_worker"];

const tenantSchemas = `
  select n.oid from pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and n.nspname <> all ('{${closedSchemas.join(",")}}')`;

/** A name as SQL takes it, whatever it is. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Tables, partitions and views that tenants may meet, whatever schema they are in. */
export async function readRelations(pool: Pool): Promise<Relation[]> {
  const { rows } = await pool.query<Omit<Relation, "key"> & { key: string[] | null }>(`
    select c.oid::regclass::text as name, case when c.relkind in ('v', 'm') then 'view' else 'table' end as kind,
      c.relispartition as "isPartition", has_table_privilege('rowlock_tenant', c.oid, 'delete') as "mayDelete",
      (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
          'select', has_column_privilege('rowlock_tenant', c.oid, a.attnum, 'select'),
          'insert', has_column_privilege('rowlock_tenant', c.oid, a.attnum, 'insert'),
          'update', has_column_privilege('rowlock_tenant', c.oid, a.attnum, 'update'),
          'closed', exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c'
            and k.conkey = array[a.attnum] and pg_get_constraintdef(k.oid) like '% = ANY %')) order by a.attnum)
       from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      (select json_agg(a.attname) from pg_index i join pg_attribute a
         on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
       where i.indrelid = c.oid and i.indisprimary) as key
    from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relnamespace in (${tenantSchemas})
    order by c.relnamespace::regnamespace::text desc, 1`);
  return rows.map((row) => {
    const names = row.columns.map((column) => column.name);
    const usual = ["organization_id", "id"].filter((name) => names.includes(name));
    return { ...row, key: row.key ?? (usual.length > 0 ? usual : names) };
  });
}

export async function readForeignKeys(pool: Pool): Promise<ForeignKey[]> {
  const { rows } = await pool.query<ForeignKey>(`
    select k.conname as name, k.conrelid::regclass::text as table, k.confrelid::regclass::text as parent,
      (select json_agg(a.attname order by u.ord) from unnest(k.conkey) with ordinality u(num, ord)
       join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num) as columns,
      (select json_agg(a.attname order by u.ord) from unnest(k.confkey) with ordinality u(num, ord)
       join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.num) as "parentColumns"
    from pg_constraint k where k.contype = 'f' and k.conparentid = 0 and k.connamespace in (${tenantSchemas})`);
  return rows;
}

/**
 * Functions of Rowlock and of applications; `call` calls one with nulls.
 * @param schema undefined: every schema but the broker's
 */
export async function readRoutines(pool: Pool, schema?: string): Promise<Routine[]> {
  const { rows } = await pool.query<Routine>(
    `select p.pronamespace::regnamespace::text || '.' || quote_ident(p.proname) as name,
       format('select %s.%I(%s)', p.pronamespace::regnamespace, p.proname,
         (select string_agg('null::' || format_type(t, null), ', ' order by ord)
          from unnest(p.proargtypes) with ordinality u(t, ord))) as call,
       p.prosecdef as definer, has_function_privilege('rowlock_tenant', p.oid, 'execute') as tenant,
       array(select r from unnest('{rowlock_api,rowlock_task}'::text[]) r
             where has_function_privilege(r, p.oid, 'execute')) as logins
     from pg_proc p
     where p.prokind in ('f', 'p') and case when $1::text is null
       then p.pronamespace in (${tenantSchemas}) or p.pronamespace = 'rowlock_private'::regnamespace
       else p.pronamespace = $1::regnamespace end
     order by 1`,
    [schema ?? null],
  );
  return rows;
}

/** Every relation of a schema, by qualified name. */
export async function readObjects(pool: Pool, schema: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select format('%I.%I', relnamespace::regnamespace, relname) as name from pg_class
     where relnamespace = to_regnamespace($1) and relkind in ('r', 'p', 'v', 'm', 'S', 'f') order by 1`,
    [schema],
  );
  return rows.map((row) => row.name);
}

export type Policy = { table: string; name: string; drop: string; create: string };

/** Every policy of tenants' tables, with the statements that drop and restore it. */
export async function readPolicies(pool: Pool): Promise<Policy[]> {
  const { rows } = await pool.query<Policy>(`
    select p.polrelid::regclass::text as table, p.polname as name,
      format('drop policy %I on %s', p.polname, p.polrelid::regclass) as drop,
      format('create policy %I on %s as %s for %s to %s', p.polname, p.polrelid::regclass,
        case when p.polpermissive then 'permissive' else 'restrictive' end,
        case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
        (select string_agg(case when r = 0 then 'public' else r::regrole::text end, ', ') from unnest(p.polroles) r))
        || coalesce(' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
        || coalesce(' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') as create
    from pg_policy p join pg_class c on c.oid = p.polrelid
    where c.relnamespace::regnamespace::text <> 'graphile_worker'
    order by c.relnamespace::regnamespace::text desc, 1, 2`);
  return rows;
}
