-- Batches: jobs that are one piece of work, and a job that runs once when the last of them has ended. Nothing of a batch
-- is counted while it runs: its progress is the counts of its jobs.

create table rowlock.batches (
  organization_id uuid not null,
  id uuid not null default rowlock.uuid7(),
  name text not null default '' check (length(name) <= 200),
  user_id uuid,
  on_complete_task text,
  on_complete_payload jsonb,
  on_complete_job_id uuid,
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  primary key (organization_id, id),
  check ((on_complete_task is null) = (on_complete_payload is null)),
  check (on_complete_job_id is null or completed_at is not null)
);
comment on table rowlock.batches is '@behavior -insert -update -delete
Jobs that belong together. Complete when its last job has ended; then on_complete_task is launched, once. Jobs may be added until then.';
comment on column rowlock.batches.on_complete_job_id is 'The job that ran, or runs, because the batch was complete.';
create index batches_open on rowlock.batches (organization_id, id) where completed_at is null;
select rowlock.protect_table('rowlock.batches', write_role => null);
grant select on rowlock.batches to rowlock_tenant;

create function rowlock.create_batch(name text default '', on_complete_task text default null, on_complete_payload jsonb default null)
returns rowlock.batches
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  known rowlock.tasks;
  made rowlock.batches;
begin
  if length(name) > 200 then
    raise exception 'The name of a batch has % characters; at most 200 are allowed.', length(name) using errcode = 'RL423',
      detail = '[{"path":"/name","message":"must have at most 200 characters"}]';
  end if;
  if on_complete_task is not null then
    select * into known from rowlock.tasks t where t.name = on_complete_task;
    if not found then
      raise exception 'There is no task "%".', on_complete_task using errcode = 'RL410',
        hint = 'The catalogue is written when a worker that has the task starts.';
    end if;
    if octet_length(on_complete_payload::text) > 262144 then
      raise exception 'The payload of the job that completes a batch has % bytes; at most 262144 are allowed.',
        octet_length(on_complete_payload::text) using errcode = 'RL413';
    end if;
    -- Refused now, not when nobody is there to be told.
    if rowlock_private.claim('job_id') is null
      and rowlock_private.role_rank(rowlock_private.claim('role')) < rowlock_private.role_rank(known.launch_role) then
      raise exception 'The role % may not launch the task "%"; it takes %.', rowlock_private.claim('role'), on_complete_task,
        known.launch_role using errcode = 'RL403', hint = 'Ask an administrator of the organization.';
    end if;
  end if;
  insert into rowlock.batches (organization_id, name, user_id, on_complete_task, on_complete_payload)
  values (organization, coalesce(create_batch.name, ''), rowlock_private.claim('user_id')::uuid, on_complete_task,
          case when on_complete_task is not null then coalesce(on_complete_payload, '{}') end)
  returning * into made;
  return made;
end $$;
comment on function rowlock.create_batch(text, text, jsonb) is
  '@behavior -*
Makes a batch, to which launches add jobs (batch => its id), in this transaction or later.';
grant execute on function rowlock.create_batch(text, text, jsonb) to rowlock_tenant;

create function rowlock_private.hold_batch(organization uuid, batch uuid) returns void
language plpgsql as $$ -- the rest as whoever calls it
declare
  found_batch rowlock.batches;
begin
  -- For the whole of the launch: its last job may end at this moment. The same lock as at an end, since one that was
  -- shared and then wanted for itself by two would stop both.
  select * into found_batch from rowlock.batches b where b.organization_id = organization and b.id = batch for no key update;
  if not found then
    raise exception 'There is no batch % in this organization.', batch using errcode = 'RL404';
  end if;
  if found_batch.completed_at is not null then
    raise exception 'The batch % is complete; nothing can be added to it.', batch using errcode = 'RL425',
      hint = 'Make another batch.';
  end if;
end $$;
comment on function rowlock_private.hold_batch(uuid, uuid) is
  'Locks a batch to which a launch adds jobs; RL404 or RL425 if it cannot.';

create function rowlock_private.settle_batches(organization uuid, ids uuid[]) returns void
language plpgsql as $$ -- the rest as whoever calls it
declare
  batch rowlock.batches;
  job uuid;
begin
  -- In one order for all. What others ended and committed is seen from here on; whoever comes after waits for this one.
  for batch in
    select b.* from rowlock.batches b where b.organization_id = organization and b.id = any(ids) and b.completed_at is null
    order by b.id for no key update
  loop
    continue when exists (select from rowlock.live l where l.organization_id = organization and l.batch_id = batch.id);
    job := null;
    if batch.on_complete_task is not null then
      -- By the system's right: who made the batch was asked for his. It runs for him, if he is still a member.
      job := (rowlock_private.launch(organization, batch.user_id, 'system', 'batch', batch.on_complete_task,
        array[batch.on_complete_payload], null, null, 0, null, null, 'keep', null, null, null, null))[1];
    end if;
    update rowlock.batches b set completed_at = clock_timestamp(), on_complete_job_id = job
    where b.organization_id = organization and b.id = batch.id;
  end loop;
end $$;
comment on function rowlock_private.settle_batches(uuid, uuid[]) is
  'Jobs of these batches have ended in this transaction: completes each of which none is left.';

create type rowlock.batch_progress as (
  jobs bigint, scheduled bigint, blocked bigint, waiting bigint, queued bigint, running bigint, succeeded bigint, failed bigint, cancelled bigint);
comment on type rowlock.batch_progress is 'How many jobs of a batch there are, and how many in each state, at one moment.';
do $$
declare
  shown name;
begin
  foreach shown in array '{jobs,scheduled,blocked,waiting,queued,running,succeeded,failed,cancelled}'::name[] loop
    execute format('comment on column rowlock.batch_progress.%I is ''@notNull''', shown);
  end loop;
end $$;

create function rowlock.batches_progress(batch rowlock.batches) returns rowlock.batch_progress
language sql stable as $$
  select row(count(*), count(*) filter (where s.state = 'scheduled'), count(*) filter (where s.state = 'blocked'),
    count(*) filter (where s.state = 'waiting'), count(*) filter (where s.state = 'queued'),
    count(*) filter (where s.state = 'running'), count(*) filter (where s.state = 'succeeded'),
    count(*) filter (where s.state = 'failed'), count(*) filter (where s.state = 'cancelled'))::rowlock.batch_progress
  from (
    select l.state from rowlock.live l where l.organization_id = batch.organization_id and l.batch_id = batch.id
    union all
    select e.state from rowlock.job_end e where e.organization_id = batch.organization_id and e.batch_id = batch.id) s
$$;
comment on function rowlock.batches_progress(rowlock.batches) is 'How far the batch is: its jobs by state.';
grant execute on function rowlock.batches_progress(rowlock.batches) to rowlock_tenant;
