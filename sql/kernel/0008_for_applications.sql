-- What an application's own tables use.

create function rowlock.claimed_organization() returns uuid
language sql stable parallel safe as $$
  select nullif(current_setting('rowlock.organization_id', true), '')::uuid
$$;
comment on function rowlock.claimed_organization() is
  '@behavior -*
The organization of this transaction, for column defaults: organization_id uuid not null default rowlock.claimed_organization().';
grant execute on function rowlock.claimed_organization() to rowlock_tenant;

create function rowlock.claimed_user() returns uuid
language sql stable parallel safe as $$
  select nullif(current_setting('rowlock.user_id', true), '')::uuid
$$;
comment on function rowlock.claimed_user() is
  '@behavior -*
The user of this transaction, null for the system: for column defaults.';
grant execute on function rowlock.claimed_user() to rowlock_tenant;
