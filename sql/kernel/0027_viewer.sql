-- Who asks: for whoever holds a token and wants to know whose it is.

create type rowlock.viewer as (
  organization_id uuid, organization_name text, user_id uuid, email text, name text, role text, api_key_id uuid);
comment on type rowlock.viewer is 'Who sent the request, and as what.';
comment on column rowlock.viewer.organization_id is '@notNull';
comment on column rowlock.viewer.organization_name is 'Null where an application keeps its organizations elsewhere; so are email and name of users.';
comment on column rowlock.viewer.role is '@notNull
owner, admin, member or viewer: that of the membership, or of the API key if that is less.';
comment on column rowlock.viewer.api_key_id is 'The API key by which the request was let in, if it was one.';

create function rowlock.viewer() returns rowlock.viewer
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('viewer');
  v rowlock.viewer;
begin
  -- An application may keep both elsewhere: what is not here is null.
  v.organization_id := organization;
  v.user_id := rowlock_private.claim('user_id')::uuid;
  v.role := rowlock_private.claim('role');
  v.api_key_id := rowlock_private.claim('api_key_id')::uuid;
  select o.name into v.organization_name from rowlock.organizations o where o.id = organization;
  select u.email, u.name into v.email, v.name from rowlock.users u
  where u.id = v.user_id and exists (
    select from rowlock.memberships m where m.organization_id = organization and m.user_id = v.user_id);
  return v;
end $$;
comment on function rowlock.viewer() is 'Who sends this request: organization, user and role, as the database has checked them.';
grant execute on function rowlock.viewer() to rowlock_tenant;
