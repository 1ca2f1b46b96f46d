import type { Pool } from "pg";

/**
 * What can be read off the catalogue without an attack: tables without forced row-level security or a restrictive
 * rule, policies for everybody, views with their owner's rights, grants on partitions, keys that tell of others.
 * @returns complaints, none when all is as it must be
 */
export async function faultsInShape(admin: Pool): Promise<string[]> {
  const { rows } = await admin.query<{ fault: string }>(`
    with schemas as (
      select oid from pg_namespace where nspname !~ '^pg_' and nspname <> all
        ('{information_schema,graphile_worker,rowlock_migrations}')),
    relations as (
      select c.*, c.oid::regclass::text as name, exists (select from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped) as of_tenant
      from pg_class c where c.relnamespace in (select oid from schemas) and c.relkind in ('r', 'p', 'v', 'm', 'f'))
    select name || ' has no forced row-level security' from relations
      where relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
    union all select name || ' has no restrictive rule for tenants' from relations r
      -- What lies in a schema that they may not use is out of their reach whatever its policies.
      where relkind in ('r', 'p') and not relispartition and of_tenant
        and has_schema_privilege('rowlock_tenant', r.relnamespace, 'usage') and not exists (
        select from pg_policy p where p.polrelid = r.oid and not p.polpermissive and p.polcmd = '*'
          and p.polroles = array['rowlock_tenant'::regrole::oid])
    union all select r.name || '.' || p.polname || ' is for everybody' from relations r
      join pg_policy p on p.polrelid = r.oid where 0 = any (p.polroles)
    union all select name || ' is a view with its owner''s rights' from relations
      where relkind = 'v' and not coalesce(reloptions @> '{security_invoker=true}', false)
    union all select name || ' is a materialized view: it has no policies' from relations where relkind = 'm'
    union all select name || ' belongs to ' || relowner::regrole from relations
      where relowner <> 'rowlock_owner'::regrole
    union all select name || ' is a partition that ' || r || ' may use' from relations,
      unnest('{rowlock_tenant,rowlock_anonymous,rowlock_api,rowlock_task,rowlock_operator}'::text[]) r
      where relispartition and has_table_privilege(r, oid, 'select, insert, update, delete, truncate, references, trigger')
    union all select name || ': ' || r || ' may truncate, refer to or put triggers on it' from relations,
      unnest('{rowlock_tenant,rowlock_anonymous,rowlock_api,rowlock_task,rowlock_operator}'::text[]) r
      where has_table_privilege(r, oid, 'truncate, references, trigger')
    union all select k.conname || ' on ' || c.name || ' does not hold the organization' from pg_constraint k
      join relations c on c.oid = k.conrelid join relations p on p.oid = k.confrelid
      where k.contype = 'f' and c.of_tenant and p.of_tenant and not exists (
        select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id' and a.attnum = any (k.conkey))
    union all select i.indexrelid::regclass || ' tells tenants that write of others'' values' from pg_index i
      join relations r on r.oid = i.indrelid
      where i.indisunique and r.of_tenant and not r.relispartition
        and has_any_column_privilege('rowlock_tenant', r.oid, 'insert, update') and not exists (
          select from pg_attribute a where a.attrelid = r.oid and a.attname = 'organization_id' and a.attnum = any (i.indkey))
    union all select p.oid::regprocedure || ' has no pinned search_path that ends in pg_temp' from pg_proc p
      where p.pronamespace in (select oid from schemas) and p.prosecdef and not exists (
        select from unnest(p.proconfig) c where c ~ '^search_path=.*pg_temp"?$')
    union all select p.oid::regprocedure || ' belongs to a superuser' from pg_proc p join pg_roles r on r.oid = p.proowner
      where p.pronamespace in (select oid from schemas) and p.prosecdef and (r.rolsuper or r.rolbypassrls)
    union all select p.oid::regprocedure || ' may be called by everybody' from pg_proc p
      where p.pronamespace in (select oid from schemas) and has_function_privilege('public', p.oid, 'execute')
    union all select p.oid::regprocedure || ' reads claims and is immutable' from pg_proc p
      where p.pronamespace in (select oid from schemas) and p.provolatile = 'i' and p.prosrc ~ 'current_setting'
    union all select rolname || ' may bypass row-level security' from pg_roles
      where rolname ~ '^rowlock_' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
    order by 1`);
  return rows.map((row) => Object.values(row).join(""));
}
