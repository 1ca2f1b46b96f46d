-- Operators' schedules: at each tick a job for every active organization, launched a few at a time.

create function rowlock_private.active_organizations(behind uuid, most int) returns setof uuid
language sql stable as $$
  select o.id from rowlock.organizations o where o.state = 'active' and o.id > behind order by o.id limit most
$$;
comment on function rowlock_private.active_organizations(uuid, int) is
  'Replaceable: organizations that may work, in order of their ids, behind one of them. The default reads rowlock.organizations.';

create table rowlock.system_schedules (
  id uuid primary key,
  name text not null unique,
  task text not null,
  payload jsonb not null default '{}',
  expression text not null,
  time_zone text not null default 'UTC',
  catch_up text not null default 'last',
  priority smallint not null default 10,
  enabled boolean not null default true,
  next_at timestamptz,
  last_at timestamptz,
  fanning_at timestamptz,
  fanned_to uuid,
  jobs int not null default 0,
  refused int not null default 0,
  error_code text,
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table rowlock.system_schedules is
  'Operators'' schedules: at each tick every active organization gets a job, launched by the system. expression, time_zone and catch_up as in schedules.';
comment on column rowlock.system_schedules.next_at is 'The next tick; null while it is off, and until a worker has looked at it.';
comment on column rowlock.system_schedules.fanning_at is 'The tick whose jobs are being launched.';
comment on column rowlock.system_schedules.jobs is 'Jobs that the latest tick has launched.';
comment on column rowlock.system_schedules.refused is 'Organizations for which the latest tick could launch none: theirs are too many.';
comment on column rowlock.system_schedules.error_code is 'Why Rowlock turned the schedule off.';
alter table rowlock.system_schedules enable row level security, force row level security;
create policy operators on rowlock.system_schedules to rowlock_operator using (true) with check (true);
create policy owner_all on rowlock.system_schedules to rowlock_owner using (true) with check (true);
grant select, delete, insert (name, task, payload, expression, time_zone, catch_up, priority, enabled),
  update (name, task, payload, expression, time_zone, catch_up, priority, enabled) on rowlock.system_schedules to rowlock_operator;

create function rowlock_private.check_system_schedule() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- Here and not by default: operators may not call what makes it.
  new.id := coalesce(new.id, rowlock.uuid7());
  perform rowlock_private.check_schedule(new.name, new.task, new.payload, new.expression, new.time_zone, new.catch_up, 'allow',
    new.priority, 'system');
  if tg_op = 'INSERT' or (new.expression, new.time_zone, new.enabled) <> (old.expression, old.time_zone, old.enabled) then
    new.next_at := null;
    new.error_code := null;
    new.error_message := null;
  end if;
  new.updated_at := now();
  return new;
end $$;
comment on function rowlock_private.check_system_schedule() is 'Refuses what an operators'' schedule cannot be, and has it planned anew.';
create trigger check_schedule before insert or update of name, task, payload, expression, time_zone, catch_up, priority, enabled
  on rowlock.system_schedules for each row execute function rowlock_private.check_system_schedule();
create trigger audit after insert or delete or update of name, task, payload, expression, time_zone, catch_up, priority, enabled
  on rowlock.system_schedules for each row execute function rowlock_private.audit_change('system_schedule', 'id', 'next_at', 'last_at',
    'fanning_at', 'fanned_to', 'jobs', 'refused', 'updated_at');

create function rowlock_private.begin_system_tick(id uuid, seen timestamptz, next timestamptz, at timestamptz, fault text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform rowlock_private.require_dispatcher();
  update rowlock.system_schedules s set next_at = next, fanning_at = at,
    jobs = case when at is null then s.jobs else 0 end, refused = case when at is null then s.refused else 0 end,
    error_code = case when fault is not null then 'INVALID_ARGUMENT' end, error_message = fault
  where s.id = begin_system_tick.id and s.next_at is not distinct from seen and s.fanning_at is null and s.enabled;
  if not found then return false; end if;
  if fault is not null then
    update rowlock.system_schedules s set enabled = false, error_code = 'INVALID_ARGUMENT', error_message = fault
    where s.id = begin_system_tick.id;
  end if;
  return true;
end $$;
comment on function rowlock_private.begin_system_tick(uuid, timestamptz, timestamptz, timestamptz, text) is
  'Takes up a tick of an operators'' schedule, if it still is as it was seen, and sets the next.';
grant execute on function rowlock_private.begin_system_tick(uuid, timestamptz, timestamptz, timestamptz, text) to rowlock_task;

create function rowlock_private.fan_out(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  s rowlock.system_schedules;
  organization uuid;
  last uuid;
  made uuid;
  looked int := 0;
begin
  perform rowlock_private.require_dispatcher();
  select * into s from rowlock.system_schedules x where x.fanning_at is not null order by x.fanning_at limit 1 for update skip locked;
  if not found then return null; end if;
  for organization in
    select a from rowlock_private.active_organizations(coalesce(s.fanned_to, '00000000-0000-0000-0000-000000000000'), most) a
  loop
    looked := looked + 1;
    last := organization;
    begin
      made := (rowlock_private.launch(organization, null, 'system', 'schedule', s.task, array[s.payload], null, null, s.priority, null,
        null, 'keep', null, null, null, null))[1];
      insert into rowlock.schedule_runs (organization_id, schedule_id, tick_at, job_id) values (organization, s.id, s.fanning_at, made);
      s.jobs := s.jobs + 1;
    exception when sqlstate 'RL429' then
      s.refused := s.refused + 1;
    end;
  end loop;
  update rowlock.system_schedules x set jobs = s.jobs, refused = s.refused,
    fanned_to = case when looked = most then last end,
    last_at = case when looked = most then x.last_at else s.fanning_at end,
    fanning_at = case when looked = most then s.fanning_at end
  where x.id = s.id;
  return looked;
end $$;
comment on function rowlock_private.fan_out(int) is
  'Launches the jobs of a tick that is being fanned out for the next so many organizations; says for how many, null when there is nothing to fan out or another is at it.';
grant execute on function rowlock_private.fan_out(int) to rowlock_task;

create function rowlock_private.forget_audit(before timestamptz, most int default 10000) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  forgotten int;
  runs int;
begin
  perform rowlock_private.require_dispatcher();
  delete from rowlock.audit_entries a
  where (a.organization_id, a.id) in (
    select x.organization_id, x.id from rowlock.audit_entries x where x.at < forget_audit.before limit most);
  get diagnostics forgotten = row_count;
  delete from rowlock.schedule_runs r
  where (r.organization_id, r.schedule_id, r.tick_at) in (
    select x.organization_id, x.schedule_id, x.tick_at from rowlock.schedule_runs x where x.tick_at < forget_audit.before limit most);
  get diagnostics runs = row_count;
  return greatest(forgotten, runs);
end $$;
comment on function rowlock_private.forget_audit(timestamptz, int) is 'Removes audit entries, and notes of what schedules launched, of before that moment, at most so many of each; says of how many at most.';
grant execute on function rowlock_private.forget_audit(timestamptz, int) to rowlock_task;
