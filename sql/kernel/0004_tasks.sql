-- The catalogue: what can be launched. Written by workers from their task files, read by everyone.

create table rowlock.tasks (
  name text primary key check (name ~ '^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$' and length(name) <= 100),
  description text not null default '',
  kind text not null check (kind in ('transactional', 'long')),
  input_schema jsonb not null,
  output_schema jsonb,
  launch_role text not null check (launch_role in ('owner', 'admin', 'member', 'system')),
  max_attempts int not null check (max_attempts between 1 and 100),
  timeout_ms int not null check (timeout_ms between 1 and 86400000),
  deadline_ms bigint check (deadline_ms between 1 and 31622400000),
  bundle boolean not null default true,
  concurrency_path text[],
  concurrency_limit int check (concurrency_limit between 1 and 1000000),
  check ((concurrency_path is null) = (concurrency_limit is null)),
  updated_at timestamptz not null default now()
);
comment on table rowlock.tasks is
  'The catalogue of tasks. launch_role is the least role that may launch; "system" means only triggers, schedules and tasks may. timeout_ms bounds an attempt, deadline_ms the whole of a job, from its run_at on. bundle: a backlog of it may share transactions. concurrency_path, concurrency_limit: where the payload has the key of which an organization runs at most so many at once.';
alter table rowlock.tasks enable row level security;
alter table rowlock.tasks force row level security;
create policy tenants_read on rowlock.tasks for select to rowlock_tenant using (launch_role <> 'system');
create policy owner_all on rowlock.tasks to rowlock_owner using (true) with check (true);
grant select on rowlock.tasks to rowlock_tenant;

create function rowlock_private.sync_tasks(tasks jsonb) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  changed int;
begin
  insert into rowlock.tasks as t
    (name, description, kind, input_schema, output_schema, launch_role, max_attempts, timeout_ms, deadline_ms, bundle,
     concurrency_path, concurrency_limit)
  select d.name, d.description, d.kind, d.input_schema, d.output_schema, d.launch_role, d.max_attempts, d.timeout_ms,
         d.deadline_ms, coalesce(d.bundle, true), d.concurrency_path, d.concurrency_limit
  from jsonb_to_recordset(tasks) as d(
    name text, description text, kind text, input_schema jsonb, output_schema jsonb, launch_role text,
    max_attempts int, timeout_ms int, deadline_ms bigint, bundle boolean, concurrency_path text[], concurrency_limit int)
  order by d.name -- one lock order for workers that start together
  on conflict (name) do update set
    description = excluded.description, kind = excluded.kind, input_schema = excluded.input_schema,
    output_schema = excluded.output_schema, launch_role = excluded.launch_role,
    max_attempts = excluded.max_attempts, timeout_ms = excluded.timeout_ms, deadline_ms = excluded.deadline_ms,
    bundle = excluded.bundle, concurrency_path = excluded.concurrency_path,
    concurrency_limit = excluded.concurrency_limit, updated_at = now()
  where (t.description, t.kind, t.input_schema, t.output_schema, t.launch_role, t.max_attempts, t.timeout_ms, t.deadline_ms, t.bundle,
         t.concurrency_path, t.concurrency_limit)
    is distinct from (excluded.description, excluded.kind, excluded.input_schema, excluded.output_schema,
                      excluded.launch_role, excluded.max_attempts, excluded.timeout_ms, excluded.deadline_ms, excluded.bundle,
                      excluded.concurrency_path, excluded.concurrency_limit);
  get diagnostics changed = row_count;
  return changed;
end $$;
comment on function rowlock_private.sync_tasks(jsonb) is
  'Writes the tasks a worker has into the catalogue; says how many were new or changed. Others stay: another fleet may have them.';
grant execute on function rowlock_private.sync_tasks(jsonb) to rowlock_task;
