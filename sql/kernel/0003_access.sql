-- How a caller becomes a tenant: the database checks who it is and sets the claims itself.

create function rowlock_private.enter(organization uuid, "user" uuid, source text, api_key uuid default null)
returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  found_role text;
  ceiling text;
begin
  if not rowlock_private.organization_is_active(organization) then
    raise exception 'Organization % is unknown or suspended.', organization using errcode = 'RL406',
      hint = 'Ask whoever runs the platform.';
  end if;
  found_role := rowlock_private.member_role(organization, "user");
  if found_role is null then
    raise exception 'User % is not a member of organization %.', "user", organization using errcode = 'RL405',
      hint = 'Ask an administrator of the organization for a membership.';
  end if;
  if api_key is not null then
    select k.role into ceiling from rowlock.api_keys k
    where k.organization_id = organization and k.id = api_key and k.user_id = "user"
      and k.revoked_at is null and (k.expires_at is null or k.expires_at > now());
    if ceiling is null then
      raise exception 'The API key is revoked or expired.' using errcode = 'RL401', hint = 'Make a new one.';
    end if;
    if rowlock_private.role_rank(ceiling) < rowlock_private.role_rank(found_role) then
      found_role := ceiling;
    end if;
  end if;
  perform rowlock_private.set_claims(organization, "user", found_role, source);
  if api_key is not null then perform set_config('rowlock.api_key_id', api_key::text, true); end if;
  return found_role;
end $$;
comment on function rowlock_private.enter(uuid, uuid, text, uuid) is
  'Checks organization, membership and key, and sets the claims of this transaction. SET LOCAL ROLE rowlock_tenant follows as its own statement.';
grant execute on function rowlock_private.enter(uuid, uuid, text, uuid) to rowlock_api, rowlock_task;

create function rowlock_private.find_api_key(secret text)
returns table (organization_id uuid, user_id uuid, key_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select k.organization_id, k.user_id, k.id from rowlock.api_keys k
  where k.secret_hash = sha256(convert_to(secret, 'UTF8'))
    and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
$$;
comment on function rowlock_private.find_api_key(text) is 'Whose key this is; no row for one that is unknown, revoked or expired.';
grant execute on function rowlock_private.find_api_key(text) to rowlock_api;

create function rowlock.require_role(minimum text) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock_private.claim('organization_id')::uuid;
begin
  if organization is null then
    raise exception 'No organization is claimed in this transaction.' using errcode = 'RL407',
      hint = 'Sign in, or use withTenant.';
  end if;
  if rowlock_private.role_rank(rowlock_private.claim('role')) < rowlock_private.role_rank(minimum) then
    raise exception 'The role % may not do this; it takes % at least.', rowlock_private.claim('role'), minimum
      using errcode = 'RL403', hint = 'Ask an administrator of the organization.';
  end if;
  return organization;
end $$;
comment on function rowlock.require_role(text) is
  '@behavior -*
The claimed organization, if the claimed role is at least this; else RL403. For functions that act for a member.';
grant execute on function rowlock.require_role(text) to rowlock_tenant;

create function rowlock.create_api_key(
  name text, role text default 'member', expires_at timestamptz default null, out id uuid, out secret text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  -- 256 bits from the server's strong random source; a uuid alone carries 122.
  random text := encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex');
  made_prefix text := 'rlk_' || substr(md5(random), 1, 8);
begin
  if rowlock_private.role_rank(role) not between 1 and rowlock_private.role_rank(rowlock_private.claim('role')) then
    raise exception 'A key of role % is more than your own role allows.', role using errcode = 'RL403',
      hint = 'Choose owner, admin, member or viewer, at most your own.';
  end if;
  if rowlock_private.claim('user_id') is null then
    raise exception 'Only a user can make an API key.' using errcode = 'RL403';
  end if;
  secret := made_prefix || '_' || random;
  insert into rowlock.api_keys (organization_id, user_id, name, role, prefix, secret_hash, expires_at)
  values (organization, rowlock_private.claim('user_id')::uuid, create_api_key.name, create_api_key.role, made_prefix,
          sha256(convert_to(secret, 'UTF8')), create_api_key.expires_at)
  returning api_keys.id into id;
end $$;
comment on function rowlock.create_api_key(text, text, timestamptz) is
  'Makes an API key for the calling user. The secret is shown this once and never stored.';
grant execute on function rowlock.create_api_key(text, text, timestamptz) to rowlock_tenant;

create function rowlock.revoke_api_key(id uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
begin
  update rowlock.api_keys k set revoked_at = coalesce(k.revoked_at, now())
  where k.organization_id = organization and k.id = revoke_api_key.id
    and (k.user_id = rowlock_private.claim('user_id')::uuid
         or rowlock_private.role_rank(rowlock_private.claim('role')) >= rowlock_private.role_rank('admin'));
  if not found then
    raise exception 'No API key % of yours in this organization.', revoke_api_key.id using errcode = 'RL404',
      hint = 'List the keys; administrators may revoke anyone''s.';
  end if;
  return true;
end $$;
comment on function rowlock.revoke_api_key(uuid) is 'Ends an API key at once: one''s own, or anyone''s for an administrator.';
grant execute on function rowlock.revoke_api_key(uuid) to rowlock_tenant;

create function rowlock.add_member(email text, role text default 'member', name text default '') returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('admin');
  member uuid;
begin
  if role = 'owner' then perform rowlock.require_role('owner'); end if;
  if rowlock_private.role_rank(role) not between 1 and 4 then
    raise exception 'There is no role %.', role using errcode = 'RL423', hint = 'Choose owner, admin, member or viewer.';
  end if;
  insert into rowlock.users as u (email, name) values (lower(add_member.email), add_member.name)
  on conflict on constraint users_email_key do update set email = excluded.email
  returning u.id into member;
  -- An owner's membership is changed by owners alone.
  insert into rowlock.memberships as m (organization_id, user_id, role) values (organization, member, add_member.role)
  on conflict on constraint memberships_pkey do update set role = excluded.role
  where m.role <> 'owner' or rowlock_private.claim('role') = 'owner';
  if not found then perform rowlock.require_role('owner'); end if;
  return member;
end $$;
comment on function rowlock.add_member(text, text, text) is
  'Makes the person of this e-mail a member, or changes the role. For administrators; owners are made by owners.';
grant execute on function rowlock.add_member(text, text, text) to rowlock_tenant;

create function rowlock.remove_member(user_id uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('admin');
  removed_role text;
begin
  delete from rowlock.memberships m where m.organization_id = organization and m.user_id = remove_member.user_id
  returning m.role into removed_role;
  if removed_role is null then
    raise exception 'User % is not a member of this organization.', remove_member.user_id using errcode = 'RL404';
  end if;
  if removed_role = 'owner' then
    perform rowlock.require_role('owner');
    if not exists (select from rowlock.memberships m where m.organization_id = organization and m.role = 'owner') then
      raise exception 'The last owner cannot be removed.' using errcode = 'RL425', hint = 'Make someone else an owner first.';
    end if;
  end if;
  return true;
end $$;
comment on function rowlock.remove_member(uuid) is
  'Ends a membership at once: tokens and keys of that user stop working, jobs not yet begun are cancelled.';
grant execute on function rowlock.remove_member(uuid) to rowlock_tenant;

create function rowlock_private.create_organization(name text, owner_email text, owner_name text default '')
returns table (organization_id uuid, user_id uuid)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into rowlock.organizations (name) values (create_organization.name) returning id into organization_id;
  insert into rowlock.users as u (email, name) values (lower(owner_email), owner_name)
  on conflict on constraint users_email_key do update set email = excluded.email returning u.id into user_id;
  insert into rowlock.memberships (organization_id, user_id, role)
  values (create_organization.organization_id, create_organization.user_id, 'owner');
  return next;
end $$;
comment on function rowlock_private.create_organization(text, text, text) is
  'An organization with its first owner. For whoever runs the platform: as rowlock_owner.';
