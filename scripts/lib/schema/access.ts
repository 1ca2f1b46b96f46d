import { type Line, type Queryable, readLines, relationCte, routineCte } from "./line.ts";

/**
 * Schemas, who may do what with each object, and what each object's comment says. Privileges that come by default
 * (execute for public) are written out, so that a forgotten revoke shows.
 */
export async function dumpAccess(client: Queryable, schemas: readonly string[]): Promise<Line[]> {
  const parts = [schemaOwners, schemaGrants, relationGrants, columnGrants, routineGrants, comments];
  return readLines(client, parts, schemas);
}

const grantee = `case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end`;
const privileges = `lower(string_agg(acl.privilege_type, ', ' order by acl.privilege_type))`;
// Not ours to define, but whoever may use them is our business.
const foreignSchemas = `array['public', 'graphile_worker']`;

const schemaOwners = /* sql */ `
  select 'schema' as kind, quote_ident(nspname) as name, 1 as part,
         format('create schema %I authorization %s;', nspname, nspowner::regrole) as statement
  from pg_namespace where nspname = any($1)`;

const schemaGrants = /* sql */ `
  select 'schema' as kind, quote_ident(n.nspname) as name, 4 as part,
         format('grant %s on schema %I to %s;', ${privileges}, n.nspname, ${grantee}) as statement
  from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) acl
  where n.nspname = any($1 || ${foreignSchemas}) and acl.grantee <> n.nspowner
  group by n.nspname, acl.grantee`;

const relationGrants = /* sql */ `
  with ${relationCte}
  select r.kind, r.full_name as name, 4 as part,
         format('grant %s on %s to %s;', ${privileges}, r.full_name, ${grantee}) as statement
  from relation r,
       aclexplode(coalesce(r.relacl, acldefault(case r.relkind when 'S' then 's' else 'r' end::"char", r.relowner))) acl
  where acl.grantee <> r.relowner and r.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
  group by r.kind, r.full_name, acl.grantee`;

const columnGrants = /* sql */ `
  with ${relationCte}, granted as (
    select r.kind, r.full_name, acl.grantee, lower(acl.privilege_type) as privilege,
           string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
    from relation r join pg_attribute a on a.attrelid = r.oid, aclexplode(a.attacl) acl
    where a.attnum > 0 and not a.attisdropped and acl.grantee <> r.relowner
    group by r.kind, r.full_name, acl.grantee, acl.privilege_type
  )
  select kind, full_name as name, 4 as part,
         format('grant %s (%s) on %s to %s;', privilege, columns, full_name, ${grantee}) as statement
  from granted acl`;

const routineGrants = /* sql */ `
  with ${routineCte}
  select r.kind, r.full_name as name, 4 as part,
         format('grant %s on %s %s to %s;', ${privileges}, r.kind, r.full_name, ${grantee}) as statement
  from routine r, aclexplode(coalesce(r.proacl, acldefault('f', r.proowner))) acl
  where acl.grantee <> r.proowner
  group by r.kind, r.full_name, acl.grantee`;

const comments = /* sql */ `
  with ${relationCte}, ${routineCte}, target as (
    select 'pg_class'::regclass as class, oid, kind, full_name from relation
    union all select 'pg_class'::regclass, i.indexrelid, r.kind, r.full_name from pg_index i join relation r on r.oid = i.indrelid
    union all select 'pg_proc'::regclass, oid, kind, full_name from routine
    union all select 'pg_policy'::regclass, p.oid, r.kind, r.full_name from pg_policy p join relation r on r.oid = p.polrelid
    union all select 'pg_trigger'::regclass, t.oid, r.kind, r.full_name from pg_trigger t join relation r on r.oid = t.tgrelid
    union all select 'pg_constraint'::regclass, c.oid, r.kind, r.full_name from pg_constraint c join relation r on r.oid = c.conrelid
    union all select 'pg_namespace'::regclass, oid, 'schema', quote_ident(nspname) from pg_namespace where nspname = any($1)
    union all select 'pg_type'::regclass, t.oid, 'type', t.oid::regtype::text
      from pg_type t join pg_namespace n on n.oid = t.typnamespace where n.nspname = any($1)
  )
  select t.kind, t.full_name as name, 5 as part,
         format('comment on %s %s is %L;', case when d.objsubid > 0 then 'column' else regexp_replace(what.type, '^table ', '') end, what.identity, d.description)
           as statement
  from pg_description d join target t on t.class = d.classoid and t.oid = d.objoid,
       pg_identify_object(d.classoid, d.objoid, d.objsubid) what`;
