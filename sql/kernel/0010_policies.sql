-- What organizations and tasks may have. Edited by operators while everything runs; launches read it, and the dispatcher.

create function rowlock_private.touch_policy() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.updated_at := now();
  return new;
end $$;
comment on function rowlock_private.touch_policy() is 'Notes when a policy was changed, whoever changes it.';

create table rowlock_private.policies_version (
  one boolean primary key default true check (one),
  version bigint not null
);
comment on table rowlock_private.policies_version is
  'One row, counted up with every change of a policy: the dispatcher hands nothing over by policies that are no longer those.';
alter table rowlock_private.policies_version enable row level security, force row level security;
create policy owner_all on rowlock_private.policies_version to rowlock_owner using (true) with check (true);
insert into rowlock_private.policies_version (version) values (1);

create function rowlock_private.count_policies() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update rowlock_private.policies_version v set version = v.version + 1;
  return null;
end $$;
comment on function rowlock_private.count_policies() is 'Counts a change of policies.';

create table rowlock.policies (
  organization_id uuid primary key,
  weight real not null default 1 check (weight between 0.01 and 1000),
  max_running int check (max_running between 0 and 1000000),
  rate_jobs int check (rate_jobs between 1 and 1000000),
  rate_ms int check (rate_ms between 1 and 86400000),
  max_pending int check (max_pending between 0 and 10000000),
  retention interval check (retention between '1 hour' and '100 years'),
  paused boolean not null default false,
  updated_at timestamptz not null default now(),
  constraint policies_rate check ((rate_jobs is null) = (rate_ms is null))
);
comment on table rowlock.policies is '@foreignKey (organization_id) references rowlock.organizations (id)|@fieldName organization|@foreignFieldName policy
What an organization may have. No row, or null in a column: no limit. Seen by the organization, edited by operators.';
comment on column rowlock.policies.weight is 'Share beside others while there is more to do than hands.';
comment on column rowlock.policies.max_running is 'Most jobs in flight at once.';
comment on column rowlock.policies.rate_jobs is 'Most jobs begun in each interval of rate_ms.';
comment on column rowlock.policies.rate_ms is 'The interval of rate_jobs, in milliseconds.';
comment on column rowlock.policies.max_pending is 'Most unfinished jobs; a launch of more is refused with TOO_MANY_PENDING.';
comment on column rowlock.policies.retention is 'How long ended jobs are kept, from their launch on; null: until whole periods are dropped.';
comment on column rowlock.policies.paused is 'Nothing is handed over; what was goes on.';
create trigger touch before update on rowlock.policies for each row execute function rowlock_private.touch_policy();
create trigger count_version after insert or update or delete or truncate on rowlock.policies
  for each statement execute function rowlock_private.count_policies();
select rowlock.protect_table('rowlock.policies', write_role => null);
create policy operators on rowlock.policies to rowlock_operator using (true) with check (true);
grant select on rowlock.policies to rowlock_tenant;
grant select, delete, insert (organization_id, weight, max_running, rate_jobs, rate_ms, max_pending, retention, paused),
  update (weight, max_running, rate_jobs, rate_ms, max_pending, retention, paused)
  on rowlock.policies to rowlock_operator;

-- Without a foreign key: another fleet may write its catalogue later, and its policy may be there first.
create table rowlock.task_policies (
  task text primary key check (length(task) between 1 and 100),
  max_running int check (max_running between 0 and 1000000),
  rate_jobs int check (rate_jobs between 1 and 1000000),
  rate_ms int check (rate_ms between 1 and 86400000),
  paused boolean not null default false,
  updated_at timestamptz not null default now(),
  constraint task_policies_rate check ((rate_jobs is null) = (rate_ms is null))
);
comment on table rowlock.task_policies is
  'What a task may have, over all organizations together. Seen by whoever sees the task, edited by operators.';
comment on column rowlock.task_policies.max_running is 'Most jobs in flight at once.';
comment on column rowlock.task_policies.rate_jobs is 'Most jobs begun in each interval of rate_ms.';
comment on column rowlock.task_policies.rate_ms is 'The interval of rate_jobs, in milliseconds.';
comment on column rowlock.task_policies.paused is 'Nothing is handed over; what was goes on.';
create trigger touch before update on rowlock.task_policies for each row execute function rowlock_private.touch_policy();
create trigger count_version after insert or update or delete or truncate on rowlock.task_policies
  for each statement execute function rowlock_private.count_policies();
alter table rowlock.task_policies enable row level security, force row level security;
create policy tenants_read on rowlock.task_policies for select to rowlock_tenant
  using (task in (select t.name from rowlock.tasks t));
create policy operators on rowlock.task_policies to rowlock_operator using (true) with check (true);
create policy owner_all on rowlock.task_policies to rowlock_owner using (true) with check (true);
grant select on rowlock.task_policies to rowlock_tenant;
grant select, delete, insert (task, max_running, rate_jobs, rate_ms, paused), update (max_running, rate_jobs, rate_ms, paused)
  on rowlock.task_policies to rowlock_operator;
