-- Steps of long jobs: what one has done is stored under the fence, so that a paid call is not paid for again.

create function rowlock_private.stored_steps(id uuid, fence int) returns table (name text, result jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off as $$
declare
  organization uuid := rowlock_private.hold_attempt(stored_steps.id, stored_steps.fence);
begin
  return query
  select s.name, s.result from rowlock.job_steps s
  where s.organization_id = organization and s.job_id = stored_steps.id;
end $$;
comment on function rowlock_private.stored_steps(uuid, int) is 'What earlier attempts of a long job have done.';
grant execute on function rowlock_private.stored_steps(uuid, int) to rowlock_task;

create function rowlock_private.hold_attempt(id uuid, fence int) returns uuid
language plpgsql as $$ -- the rest as whoever calls it
declare
  organization uuid;
begin
  if rowlock_private.claim('job_id')::uuid <> hold_attempt.id then
    raise exception 'This transaction belongs to another job.' using errcode = 'RL408';
  end if;
  -- Shared: whoever takes the job over waits for what this attempt is writing.
  select l.organization_id into organization from rowlock.live l
  where l.id = hold_attempt.id and l.fence = hold_attempt.fence and l.state = 'running' for key share;
  if not found then
    raise exception 'Job % is no longer held by this attempt.', hold_attempt.id using errcode = 'RL430';
  end if;
  return organization;
end $$;
comment on function rowlock_private.hold_attempt(uuid, int) is
  'The organization of a long job that this attempt holds, to the end of the transaction; else RL430.';

create function rowlock_private.left_of_sleep(id uuid, fence int, name text, until timestamptz, for_ms float8) returns float8
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off as $$
declare
  moment timestamptz := rowlock_private.clock(); -- the database's: the worker's own may be wrong
  wake_at timestamptz;
begin
  perform rowlock_private.store_step(left_of_sleep.id, left_of_sleep.fence, left_of_sleep.name,
    to_jsonb(coalesce(until, moment + for_ms * interval '1 millisecond')));
  select (s.result #>> '{}')::timestamptz into wake_at from rowlock.job_steps s
  where s.organization_id = (select l.organization_id from rowlock.live l where l.id = left_of_sleep.id)
    and s.job_id = left_of_sleep.id and s.name = left_of_sleep.name;
  return extract(epoch from wake_at - moment) * 1000;
end $$;
comment on function rowlock_private.left_of_sleep(uuid, int, text, timestamptz, float8) is
  'How many milliseconds a long job''s sleep has left; the first call of a name settles when it ends, at a moment or after so long.';
grant execute on function rowlock_private.left_of_sleep(uuid, int, text, timestamptz, float8) to rowlock_task;

create function rowlock_private.store_step(id uuid, fence int, name text, result jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off as $$
declare
  organization uuid := rowlock_private.hold_attempt(store_step.id, store_step.fence);
begin
  if length(name) not between 1 and 200 then
    raise exception 'The name of a step has % characters; it must have 1 to 200.', length(name) using errcode = 'RL423',
      detail = '[{"path":"/name","message":"must have 1 to 200 characters"}]';
  end if;
  if octet_length(result::text) > 262144 then
    raise exception 'The result of the step "%" has % bytes; at most 262144 are kept.', name, octet_length(result::text)
      using errcode = 'RL413', hint = 'Store it in a table of yours and return its id.';
  end if;
  insert into rowlock.job_steps as s (organization_id, job_id, name, result)
  values (organization, store_step.id, store_step.name, store_step.result)
  on conflict do nothing;
  -- A job that gets on takes nobody down: what died with it had other reasons.
  update rowlock.live l set crashes = 0 where l.organization_id = organization and l.id = store_step.id and l.crashes > 0;
end $$;
comment on function rowlock_private.store_step(uuid, int, text, jsonb) is
  'Stores what a step came to, if this attempt still holds the job; the first result of a name stays. Crashes counted before are forgiven.';
grant execute on function rowlock_private.store_step(uuid, int, text, jsonb) to rowlock_task;
