-- Who there is. An application with organizations and users of its own leaves these tables empty and
-- replaces the two functions at the end (docs/adopting.md).

create table rowlock.organizations (
  id uuid primary key default rowlock.uuid7(),
  name text not null check (length(name) between 1 and 200),
  state text not null default 'active' check (state in ('active', 'suspended')),
  created_at timestamptz not null default now()
);
comment on table rowlock.organizations is 'The tenants.';
select rowlock.protect_table('rowlock.organizations', 'id', null);
grant select on rowlock.organizations to rowlock_tenant;

create table rowlock.users (
  id uuid primary key default rowlock.uuid7(),
  email text not null unique check (email = lower(email) and email like '%_@_%' and length(email) <= 320),
  name text not null default '' check (length(name) <= 200),
  created_at timestamptz not null default now()
);
comment on table rowlock.users is 'People. One may belong to several organizations; an organization sees its own members only.';

create table rowlock.memberships (
  organization_id uuid not null references rowlock.organizations on delete cascade,
  user_id uuid not null references rowlock.users on delete cascade,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz not null default now(),
  primary key (organization_id, user_id)
);
comment on table rowlock.memberships is 'Who belongs to which organization, in which role. Viewers read and launch nothing.';
create index memberships_user on rowlock.memberships (user_id);
select rowlock.protect_table('rowlock.memberships', write_role => null);
grant select on rowlock.memberships to rowlock_tenant;

-- A user has no organization column: the rule goes through the memberships that the tenant may see.
alter table rowlock.users enable row level security;
alter table rowlock.users force row level security;
create policy tenant_only on rowlock.users as restrictive to rowlock_tenant
  using (id in (select m.user_id from rowlock.memberships m));
create policy members_read on rowlock.users for select to rowlock_tenant using (true);
create policy owner_all on rowlock.users to rowlock_owner using (true) with check (true);
grant select on rowlock.users to rowlock_tenant;

create table rowlock.api_keys (
  organization_id uuid not null,
  id uuid not null default rowlock.uuid7(),
  user_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  prefix text not null,
  secret_hash bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  primary key (organization_id, id)
);
comment on table rowlock.api_keys is
  'Keys for programs. A key acts as the user who made it, with at most its own role, and ends with that membership. Only the SHA-256 of the secret is kept.';
select rowlock.protect_table('rowlock.api_keys', write_role => null);
grant select (organization_id, id, user_id, name, role, prefix, created_at, expires_at, revoked_at)
  on rowlock.api_keys to rowlock_tenant;

-- Asked at each launch and each begin, by functions that run as their owner with a search_path of their own: neither
-- needs another of each, which took a tenth of a launch.
create function rowlock_private.organization_is_active(organization uuid) returns boolean
language sql stable as $$
  select exists (select from rowlock.organizations o where o.id = organization and o.state = 'active')
$$;
comment on function rowlock_private.organization_is_active(uuid) is
  'Replaceable: whether the organization exists and may work. The default reads rowlock.organizations.';

create function rowlock_private.member_role(organization uuid, "user" uuid) returns text
language sql stable as $$
  select m.role from rowlock.memberships m where m.organization_id = organization and m.user_id = "user"
$$;
comment on function rowlock_private.member_role(uuid, uuid) is
  'Replaceable: the user''s role in the organization (owner, admin, member, viewer), null for a stranger. The default reads rowlock.memberships.';
