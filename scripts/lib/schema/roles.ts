import { type Line, type Queryable, readLines } from "./line.ts";

/** Our roles with their attributes, settings and memberships, and what the database itself grants. */
export async function dumpRoles(client: Queryable): Promise<Line[]> {
  const parts = [roles, memberships, settings, databaseGrants, defaultPrivileges];
  return readLines(client, parts, ["rowlock%"]);
}

const ours = /* sql */ `ours as (select * from pg_roles where rolname like any($1))`;

const roles = /* sql */ `
  with ${ours}
  select 'role' as kind, rolname as name, 1 as part,
         concat_ws(' ', 'create role', quote_ident(rolname),
           case when rolcanlogin then 'login' else 'nologin' end,
           case when rolinherit then 'inherit' else 'noinherit' end,
           case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypassrls' end,
           case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end,
           case when rolreplication then 'replication' end,
           case when rolconnlimit >= 0 then 'connection limit ' || rolconnlimit end) || ';' as statement
  from ours`;

const memberships = /* sql */ `
  with ${ours}
  select 'role' as kind, member.rolname as name, 2 as part,
         format('grant %I to %I with admin %s, inherit %s, set %s;', granted.rolname, member.rolname,
                m.admin_option, m.inherit_option, m.set_option) as statement
  from pg_auth_members m
  join pg_roles granted on granted.oid = m.roleid
  join ours member on member.oid = m.member`;

const settings = /* sql */ `
  with ${ours}
  select 'role' as kind, ours.rolname as name, 2 as part,
         format('alter role %I%s set %s;', ours.rolname, case when s.setdatabase > 0 then ' in this database' end, setting)
           as statement
  from pg_db_role_setting s join ours on ours.oid = s.setrole, unnest(s.setconfig) setting`;

const databaseGrants = /* sql */ `
  select 'database' as kind, 'this' as name, 4 as part,
         format('grant %s on this database to %s;', lower(string_agg(acl.privilege_type, ', ' order by acl.privilege_type)),
                case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end) as statement
  from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) acl
  where d.datname = current_database() and acl.grantee <> d.datdba
    and (acl.grantee = 0 or acl.grantee::regrole::text like any($1))
  group by acl.grantee`;

const defaultPrivileges = /* sql */ `
  with ${ours}
  select 'role' as kind, ours.rolname as name, 4 as part,
         format('-- default privileges on new %s%s: %s',
                case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                                     when 'T' then 'types' else 'schemas' end,
                ' in schema ' || nullif(d.defaclnamespace, 0)::regnamespace::text,
                coalesce(nullif(array_to_string(d.defaclacl, ', '), ''), 'none')) as statement
  from pg_default_acl d join ours on ours.oid = d.defaclrole`;
