-- Schedules: a task, a payload and a cron expression. When an expression ticks is reckoned by workers, in TypeScript; that a
-- tick has launched one job is settled here, by the row that remembers it.

create table rowlock.schedules (
  organization_id uuid not null,
  id uuid not null default rowlock.uuid7(),
  name text not null,
  task text not null,
  payload jsonb not null default '{}',
  expression text not null,
  time_zone text not null default 'UTC',
  catch_up text not null default 'last',
  overlap text not null default 'allow',
  priority smallint not null default 10,
  enabled boolean not null default true,
  user_id uuid not null,
  next_at timestamptz,
  last_at timestamptz,
  last_job_id uuid,
  error_code text,
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint schedules_name unique (organization_id, name)
);
comment on table rowlock.schedules is '@behavior -insert -update -delete
Launches a job at each tick of a cron expression, for whoever saved it last.';
comment on column rowlock.schedules.expression is 'Five fields of cron (minute, hour, day, month, weekday), or @hourly, @daily, @weekly, @monthly, @yearly.';
comment on column rowlock.schedules.catch_up is 'What becomes of ticks that passed while no worker was there: skip, last (the latest of them) or all.';
comment on column rowlock.schedules.overlap is 'skip: while the job of an earlier tick is unfinished, a tick launches nothing. allow: it does.';
comment on column rowlock.schedules.priority is 'Of the jobs; above 0 they give way to those of everybody that have none.';
comment on column rowlock.schedules.next_at is 'The next tick; null while it is off, and until a worker has looked at it.';
comment on column rowlock.schedules.last_at is 'The last tick that launched a job.';
comment on column rowlock.schedules.error_code is 'Why the last tick launched nothing, or why Rowlock turned the schedule off.';
create index schedules_due on rowlock.schedules (coalesce(next_at, '-infinity'::timestamptz)) where enabled;
select rowlock.protect_table('rowlock.schedules', write_role => null);
grant select on rowlock.schedules to rowlock_tenant;
create trigger audit after insert or delete or update of name, task, payload, expression, time_zone, catch_up, overlap, priority, enabled, user_id
  on rowlock.schedules for each row execute function rowlock_private.audit_change('schedule', 'id', 'next_at', 'last_at', 'last_job_id', 'updated_at');

create table rowlock.schedule_runs (
  organization_id uuid not null,
  schedule_id uuid not null,
  tick_at timestamptz not null,
  job_id uuid not null,
  by_hand boolean not null default false,
  primary key (organization_id, schedule_id, tick_at)
);
comment on table rowlock.schedule_runs is '@behavior -insert -update -delete -single
The jobs that schedules launched, those of operators for every organization among them. One a tick: its key says so. by_hand: somebody had it run at another moment.';
create index schedule_runs_job on rowlock.schedule_runs (organization_id, job_id);
select rowlock.protect_table('rowlock.schedule_runs', write_role => null);
grant select on rowlock.schedule_runs to rowlock_tenant;

create function rowlock_private.check_schedule(
  name text, task text, payload jsonb, expression text, time_zone text, catch_up text, overlap text, priority int, role text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  known rowlock.tasks;
  wrong text[]; -- path, message
begin
  wrong := case
    when coalesce(length(name), 0) not between 1 and 200 then array['/name', 'must have 1 to 200 characters']
    -- The shape alone: workers know the rest, and say so on the schedule.
    when coalesce(expression, '') !~ '^(@[a-z]+|[0-9A-Za-z*,/#?-]+( +[0-9A-Za-z*,/#?-]+){4})$' or length(expression) > 200
      then array['/expression', 'must be five fields of cron, such as "30 6 * * 1-5"']
    when coalesce(catch_up, '') not in ('skip', 'last', 'all') then array['/catchUp', 'must be skip, last or all']
    when coalesce(overlap, '') not in ('skip', 'allow') then array['/overlap', 'must be skip or allow']
    when priority is null or priority not between -100 and 100 then array['/priority', 'must be between -100 and 100']
    when payload is null then array['/payload', 'must not be null'] end;
  if wrong is null then
    begin
      perform now() at time zone time_zone;
      if time_zone is null then wrong := array['/timeZone', 'must not be null']; end if;
    exception when invalid_parameter_value then wrong := array['/timeZone', 'must be a time zone such as Europe/Berlin'];
    end;
  end if;
  if wrong is not null then
    raise exception 'The schedule cannot be saved: %.', substr(wrong[1], 2) || ' ' || wrong[2] using errcode = 'RL423',
      detail = json_build_array(json_build_object('path', wrong[1], 'message', wrong[2]))::text;
  end if;
  if octet_length(payload::text) > 262144 then
    raise exception 'The payload has % bytes; at most 262144 are allowed.', octet_length(payload::text) using errcode = 'RL413',
      hint = 'Store the data in a table of yours and pass its id.';
  end if;
  select * into known from rowlock.tasks t where t.name = check_schedule.task;
  if not found then
    raise exception 'There is no task "%".', task using errcode = 'RL410',
      hint = 'The catalogue is written when a worker that has the task starts.';
  end if;
  -- Refused now, not when nobody is there to be told.
  if rowlock_private.role_rank(role) < rowlock_private.role_rank(known.launch_role) then
    raise exception 'The role % may not launch the task "%"; it takes %.', role, task, known.launch_role using errcode = 'RL403',
      hint = 'Ask an administrator of the organization.';
  end if;
end $$;
comment on function rowlock_private.check_schedule(text, text, jsonb, text, text, text, text, int, text) is
  'Refuses what a schedule cannot be, with the path of the fault.';

create function rowlock.create_schedule(
  name text, task text, expression text, payload jsonb default '{}', time_zone text default 'UTC', catch_up text default 'last',
  overlap text default 'allow', priority int default 10, enabled boolean default true, next_at timestamptz default null
) returns rowlock.schedules
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  made rowlock.schedules;
begin
  if rowlock_private.claim('user_id') is null then
    raise exception 'A schedule launches for a user, and this transaction has none.' using errcode = 'RL403',
      hint = 'Let a user create it; operators have schedules of their own.';
  end if;
  perform rowlock_private.check_schedule(create_schedule.name, create_schedule.task, payload, expression, time_zone, catch_up, overlap,
    priority, rowlock_private.claim('role'));
  insert into rowlock.schedules (organization_id, name, task, payload, expression, time_zone, catch_up, overlap, priority, enabled,
    user_id, next_at)
  values (organization, create_schedule.name, create_schedule.task, create_schedule.payload, create_schedule.expression,
    create_schedule.time_zone, create_schedule.catch_up, create_schedule.overlap, create_schedule.priority,
    coalesce(create_schedule.enabled, true), rowlock_private.claim('user_id')::uuid,
    case when create_schedule.enabled then create_schedule.next_at end)
  returning * into made;
  return made;
exception
  when unique_violation then
    raise exception 'The organization has a schedule named "%" already.', create_schedule.name using errcode = 'RL425',
      hint = 'Change that one, or choose another name.';
end $$;
comment on function rowlock.create_schedule(text, text, text, jsonb, text, text, text, int, boolean, timestamptz) is
  '@behavior -*
Makes a schedule of the organization. Without next_at a worker plans its first tick within a second.';
grant execute on function rowlock.create_schedule(text, text, text, jsonb, text, text, text, int, boolean, timestamptz) to rowlock_tenant;

create function rowlock.update_schedule(id uuid, patch jsonb, next_at timestamptz default null) returns rowlock.schedules
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  known rowlock.schedules;
  wanted rowlock.schedules;
  unknown text;
begin
  select * into known from rowlock.schedules s where s.organization_id = organization and s.id = update_schedule.id for update;
  if not found then
    raise exception 'There is no schedule % in this organization.', update_schedule.id using errcode = 'RL404';
  end if;
  if rowlock_private.claim('user_id') is null then
    raise exception 'A schedule launches for a user, and this transaction has none.' using errcode = 'RL403';
  end if;
  select k into unknown from jsonb_object_keys(patch) k
  where k <> all('{name,task,payload,expression,time_zone,catch_up,overlap,priority,enabled}'::text[]) limit 1;
  if found then
    raise exception 'A schedule has no "%" that could be changed.', unknown using errcode = 'RL423',
      hint = 'Possible are name, task, payload, expression, time_zone, catch_up, overlap, priority, enabled.';
  end if;
  wanted := jsonb_populate_record(known, patch);
  perform rowlock_private.check_schedule(wanted.name, wanted.task, wanted.payload, wanted.expression, wanted.time_zone, wanted.catch_up,
    wanted.overlap, wanted.priority, rowlock_private.claim('role'));
  update rowlock.schedules s set name = wanted.name, task = wanted.task, payload = wanted.payload, expression = wanted.expression,
    time_zone = wanted.time_zone, catch_up = wanted.catch_up, overlap = wanted.overlap, priority = wanted.priority,
    enabled = coalesce(wanted.enabled, false), user_id = rowlock_private.claim('user_id')::uuid,
    -- What was planned by the same expression stays: a tick that is due must not be lost to a new name.
    next_at = case when not wanted.enabled then null
      when known.enabled and (wanted.expression, wanted.time_zone) = (known.expression, known.time_zone) then known.next_at
      else update_schedule.next_at end,
    error_code = null, error_message = null, updated_at = now()
  where s.organization_id = organization and s.id = known.id returning * into wanted;
  return wanted;
exception
  when unique_violation then
    raise exception 'The organization has a schedule named "%" already.', patch ->> 'name' using errcode = 'RL425',
      hint = 'Choose another name.';
end $$;
comment on function rowlock.update_schedule(uuid, jsonb, timestamptz) is
  '@behavior -*
Changes what the patch names. From then on the schedule launches for whoever changed it; one that Rowlock turned off may be turned on again.';
grant execute on function rowlock.update_schedule(uuid, jsonb, timestamptz) to rowlock_tenant;

create function rowlock.delete_schedule(id uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
begin
  delete from rowlock.schedules s where s.organization_id = organization and s.id = delete_schedule.id;
  if not found then
    raise exception 'There is no schedule % in this organization.', delete_schedule.id using errcode = 'RL404';
  end if;
  return true;
end $$;
comment on function rowlock.delete_schedule(uuid) is 'Removes a schedule. Jobs it launched stay.';
grant execute on function rowlock.delete_schedule(uuid) to rowlock_tenant;

create function rowlock.run_schedule(id uuid) returns rowlock.jobs
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  known rowlock.schedules;
  made uuid;
  job rowlock.jobs;
begin
  -- Locked, so that two at the same moment have moments of their own.
  select * into known from rowlock.schedules s where s.organization_id = organization and s.id = run_schedule.id for update;
  if not found then
    raise exception 'There is no schedule % in this organization.', run_schedule.id using errcode = 'RL404';
  end if;
  made := (rowlock_private.launch(organization, rowlock_private.claim('user_id')::uuid, rowlock_private.claim('role'), 'schedule',
    known.task, array[known.payload], case when known.overlap = 'skip' then array['schedule:' || known.id] end, null,
    known.priority, null, null, 'keep', null, null, null, null))[1];
  insert into rowlock.schedule_runs (organization_id, schedule_id, tick_at, job_id, by_hand)
  values (organization, known.id, clock_timestamp(), made, true);
  perform rowlock_private.audit(organization, 'run_schedule', known.id::text, null, jsonb_build_object('job', made));
  select * into job from rowlock.jobs j where j.id = made;
  return job;
end $$;
comment on function rowlock.run_schedule(uuid) is
  '@resultFieldName job
Launches a schedule''s job now, for the caller; its ticks stay as they are. With overlap "skip" the unfinished job of an earlier tick is returned.';
grant execute on function rowlock.run_schedule(uuid) to rowlock_tenant;

create function rowlock.clock() returns timestamptz
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$ select rowlock_private.clock() $$;
comment on function rowlock.clock() is '@behavior -*
The time by which schedules tick.';
grant execute on function rowlock.clock() to rowlock_tenant;

create type rowlock_private.due_schedule as (
  organization_id uuid, id uuid, expression text, time_zone text, catch_up text, next_at timestamptz, now timestamptz);
comment on type rowlock_private.due_schedule is
  'A schedule that is to be planned (next_at is null) or has a tick that is due. organization_id is null for an operators'' one.';

create function rowlock_private.due_schedules(most int) returns setof rowlock_private.due_schedule
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  moment timestamptz := rowlock_private.clock();
begin
  perform rowlock_private.require_dispatcher();
  return query
  (select s.organization_id, s.id, s.expression, s.time_zone, s.catch_up, s.next_at, moment from rowlock.schedules s
   where s.enabled and coalesce(s.next_at, '-infinity'::timestamptz) <= moment
   order by coalesce(s.next_at, '-infinity'::timestamptz) limit most)
  union all
  select null, s.id, s.expression, s.time_zone, s.catch_up, s.next_at, moment from rowlock.system_schedules s
  where s.enabled and s.fanning_at is null and coalesce(s.next_at, '-infinity'::timestamptz) <= moment;
end $$;
comment on function rowlock_private.due_schedules(int) is
  'Schedules at which a worker should look: of organizations those that waited longest, and all of operators.';
grant execute on function rowlock_private.due_schedules(int) to rowlock_task;

create function rowlock_private.tick(s rowlock.schedules, at timestamptz) returns uuid
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  role text := rowlock_private.member_role(s.organization_id, s.user_id);
  made uuid;
begin
  if role is null then
    raise exception 'Whoever saved this schedule last is no longer a member of the organization.' using errcode = 'RL405';
  end if;
  if not rowlock_private.organization_is_active(s.organization_id) then
    raise exception 'The organization is suspended.' using errcode = 'RL406';
  end if;
  made := (rowlock_private.launch(s.organization_id, s.user_id, role, 'schedule', s.task, array[s.payload],
    case when s.overlap = 'skip' then array['schedule:' || s.id] end, null, s.priority, null, null, 'keep', null, null, null, null))[1];
  insert into rowlock.schedule_runs (organization_id, schedule_id, tick_at, job_id) values (s.organization_id, s.id, tick.at, made);
  return made;
end $$;
comment on function rowlock_private.tick(rowlock.schedules, timestamptz) is 'Launches the job of a tick, by the right its user has now.';

create function rowlock_private.run_ticks(plans jsonb) returns table (organization_id uuid, id uuid, jobs int, error_code text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  plan record;
  s rowlock.schedules;
  at timestamptz;
  state text;
  code text;
  message text;
  job uuid;
begin
  perform rowlock_private.require_dispatcher();
  -- One worker at a time, to the end of this statement.
  if not pg_try_advisory_xact_lock(1919905644, 3) then return; end if;
  for plan in
    select p.* from jsonb_to_recordset(plans) p(
      organization_id uuid, id uuid, seen timestamptz, next timestamptz, ticks timestamptz[], fault text)
    order by p.organization_id, p.id
  loop
    -- As it was when it was planned, or somebody else has seen to it.
    select * into s from rowlock.schedules x
    where x.organization_id = plan.organization_id and x.id = plan.id and x.enabled and x.next_at is not distinct from plan.seen
    for update skip locked;
    continue when not found;
    organization_id := s.organization_id;
    id := s.id;
    jobs := 0;
    code := case when plan.fault is not null then 'INVALID_ARGUMENT' end;
    message := plan.fault;
    job := s.last_job_id;
    begin
      foreach at in array coalesce(plan.ticks, '{}') loop
        job := rowlock_private.tick(s, at);
        jobs := jobs + 1;
      end loop;
    exception when others then
      get stacked diagnostics state = returned_sqlstate, message = message_text;
      -- What passes by itself, the next look tries again.
      if state not like 'RL%' then raise; end if;
      job := s.last_job_id;
      jobs := 0;
      code := case state when 'RL405' then 'NOT_A_MEMBER' when 'RL406' then 'ORGANIZATION_INACTIVE' when 'RL410' then 'UNKNOWN_TASK'
        when 'RL403' then 'NOT_ALLOWED' when 'RL429' then 'TOO_MANY_PENDING' else 'INVALID_ARGUMENT' end;
    end;
    update rowlock.schedules x set next_at = plan.next, last_job_id = job,
      last_at = case when jobs > 0 then plan.ticks[cardinality(plan.ticks)] else x.last_at end,
      error_code = code, error_message = case when code is not null then message end
    where x.organization_id = s.organization_id and x.id = s.id;
    -- A full house and a suspension pass; the others do not before somebody saves the schedule again. Apart, since to name
    -- the column calls the audit, change or not.
    if code not in ('ORGANIZATION_INACTIVE', 'TOO_MANY_PENDING') then
      update rowlock.schedules x set enabled = false where x.organization_id = s.organization_id and x.id = s.id;
    end if;
    error_code := code;
    return next;
  end loop;
end $$;
comment on function rowlock_private.run_ticks(jsonb) is
  'Launches the jobs of ticks and sets the next one, for each schedule that is still as it was seen; says how many, and why not. No row at all: another is at it.';
grant execute on function rowlock_private.run_ticks(jsonb) to rowlock_task;
