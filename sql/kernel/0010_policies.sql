-- What operators decide: for an organization, and for a task across all organizations.

create table rowlock.policies (
  organization_id uuid primary key,
  weight real not null default 1 check (weight between 0.01 and 1000),
  max_running int check (max_running between 0 and 1000000),
  rate_jobs int check (rate_jobs between 1 and 1000000),
  rate_ms int check (rate_ms between 100 and 86400000),
  paused boolean not null default false,
  updated_at timestamptz not null default now(),
  check ((rate_jobs is null) = (rate_ms is null))
);
comment on table rowlock.policies is '@behavior -*
What an organization may have.';
select rowlock.protect_table('rowlock.policies', write_role => null);
create policy operators on rowlock.policies to rowlock_operator using (true) with check (true);
grant select on rowlock.policies to rowlock_tenant;
grant select, insert, update, delete on rowlock.policies to rowlock_operator;

create table rowlock.task_policies (
  task text primary key,
  max_running int check (max_running between 0 and 1000000),
  rate_jobs int check (rate_jobs between 1 and 1000000),
  rate_ms int check (rate_ms between 100 and 86400000),
  paused boolean not null default false,
  updated_at timestamptz not null default now(),
  check ((rate_jobs is null) = (rate_ms is null))
);
comment on table rowlock.task_policies is '@behavior -*
What all organizations together may have of a task.';
alter table rowlock.task_policies enable row level security, force row level security;
create policy owner_all on rowlock.task_policies to rowlock_owner using (true) with check (true);
create policy operators on rowlock.task_policies to rowlock_operator using (true) with check (true);
grant select, insert, update, delete on rowlock.task_policies to rowlock_operator;
