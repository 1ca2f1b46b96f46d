-- One job's way through a worker: begin, resume, finish, fail, hand back. The worker names a job and never a tenant.
-- Sequential scans are off: a plan made while rowlock.live was all but empty would be kept when it is large. And plans are
-- kept: planning through all periods takes longer than the look-up.

create type rowlock_private.begun as (
  verdict text, organization_id uuid, user_id uuid, role text, payload jsonb, key text,
  attempt smallint, max_attempts smallint, fence int, created_at timestamptz, deadline_ms float8);
comment on type rowlock_private.begun is
  'What begin_job found. verdict: run | ended (nothing to do) | held (another delivery has it) | early (it was not handed over) | overdue (just failed, its deadline has passed) | cancelled (just now, by hand or by the checks).';

create function rowlock_private.end_job(
  job rowlock.live, state text, started_at timestamptz, attempt smallint, result jsonb, error_code text, error_message text
) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  delete from rowlock.live l where l.organization_id = job.organization_id and l.id = job.id;
  insert into rowlock.job_end (organization_id, id, run_at, started_at, batch_id, priority, attempt, state, task, key,
                               result, error_code, error_message)
  values (job.organization_id, job.id, job.run_at, started_at, job.batch_id, job.priority, attempt, state, job.task, job.key,
          result, error_code, error_message);
  if job.followed then perform rowlock_private.settle_followers(job.organization_id, array[job.id]); end if;
  if job.batch_id is not null then
    perform rowlock_private.settle_batches(job.organization_id, array[job.batch_id]);
  end if;
  -- Of all others the worker tells that ran them; of this one it may know nothing but the id.
  if end_job.state = 'cancelled' then perform rowlock_private.tell(job.organization_id, array[job.id]); end if;
end $$;
comment on function rowlock_private.end_job(rowlock.live, text, timestamptz, smallint, jsonb, text, text) is
  'Moves a job the caller has locked from live to job_end; its batch may be complete by that. The last thing a transaction does: from then on it may hold the batch''s lock.';

create function rowlock_private.move_to_end(jobs rowlock.live[], state text, error_code text, error_message text) returns void
language sql as $$ -- the rest as whoever calls it
  delete from rowlock.live l using unnest(jobs) j where l.organization_id = j.organization_id and l.id = j.id;
  insert into rowlock.job_end (organization_id, id, run_at, started_at, batch_id, priority, attempt, state, task, key, error_code, error_message)
  select j.organization_id, j.id, j.run_at, j.started_at, j.batch_id, j.priority, j.attempt, move_to_end.state, j.task, j.key,
         move_to_end.error_code, move_to_end.error_message
  from unnest(jobs) j;
$$;
comment on function rowlock_private.move_to_end(rowlock.live[], text, text, text) is
  'Moves jobs the caller has locked from live to job_end, and does nothing about those that wait for them.';

create function rowlock_private.settle_ended(jobs rowlock.live[]) returns void
language plpgsql as $$ -- the rest as whoever calls it
declare
  one record;
begin
  for one in
    select j.organization_id, array_agg(j.id) filter (where j.followed) as followed,
           array_agg(distinct j.batch_id) filter (where j.batch_id is not null) as batches
    from unnest(jobs) j where j.followed or j.batch_id is not null group by j.organization_id order by j.organization_id
  loop
    if one.followed is not null then perform rowlock_private.settle_followers(one.organization_id, one.followed); end if;
    if one.batches is not null then perform rowlock_private.settle_batches(one.organization_id, one.batches); end if;
  end loop;
end $$;
comment on function rowlock_private.settle_ended(rowlock.live[]) is
  'These jobs have ended in this transaction: looks at what depends on them, and at their batches.';

create function rowlock_private.end_unfinished(jobs rowlock.live[], state text, error_code text, error_message text) returns void
language plpgsql as $$ -- the rest as whoever calls it
begin
  perform rowlock_private.move_to_end(jobs, state, error_code, error_message);
  perform rowlock_private.settle_ended(jobs);
  perform rowlock_private.tell(j.organization_id, array_agg(j.id)) from unnest(jobs) j group by j.organization_id;
end $$;
comment on function rowlock_private.end_unfinished(rowlock.live[], text, text, text) is
  'Ends jobs the caller has locked without their having succeeded; what depends on them and their batches come last.';

create function rowlock_private.fail_overdue(jobs rowlock.live[]) returns void
language sql as $$ -- the rest as whoever calls it
  select rowlock_private.end_unfinished(jobs, 'failed', 'DEADLINE_EXCEEDED', 'The job''s deadline passed before it had ended.')
$$;
comment on function rowlock_private.fail_overdue(rowlock.live[]) is 'Ends jobs, locked, whose deadline has passed.';

create function rowlock_private.begin_job(id uuid, task text, is_long boolean) returns rowlock_private.begun
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  l rowlock.live;
  b rowlock_private.begun;
  cancelled text; -- why
begin
  if nullif(current_setting('rowlock.organization_id', true), '') is not null then
    raise exception 'This transaction already has claims.' using errcode = 'RL409';
  end if;
  -- Skip locked: a row someone holds is another delivery at work; waiting would only hold a connection.
  select * into l from rowlock.live x where x.id = begin_job.id for update skip locked;
  if not found then
    b.verdict := case when exists (select from rowlock.live x where x.id = begin_job.id) then 'held' else 'ended' end;
    return b;
  end if;
  if l.state not in ('waiting', 'queued', 'running') then
    -- An old delivery: another comes when its time has come.
    b.verdict := 'early';
    return b;
  end if;
  if l.task <> begin_job.task then
    -- The broker's row was meddled with: the job's own row says what it is. It goes back under its own name.
    perform rowlock_private.deliver(l.task, array[json_build_object('job', l.id)]);
    b.verdict := 'held';
    return b;
  end if;

  select j.organization_id, j.user_id, j.payload, j.key, j.max_attempts, rowlock.moment_of(j.id),
         (select c.reason from rowlock.cancellations c where c.organization_id = l.organization_id and c.job_id = l.id)
  into b.organization_id, b.user_id, b.payload, b.key, b.max_attempts, b.created_at, cancelled
  from rowlock.job j where j.organization_id = l.organization_id and j.id = l.id;
  if cancelled is not null then
    perform rowlock_private.end_job(l, 'cancelled', l.started_at, l.attempt, null, 'CANCELLED', cancelled);
    b.verdict := 'cancelled';
    return b;
  end if;

  b.deadline_ms := extract(epoch from l.deadline_at - rowlock_private.clock()) * 1000;
  if b.deadline_ms <= 0 then
    perform rowlock_private.fail_overdue(array[l]);
    b.verdict := 'overdue';
    return b;
  end if;

  -- Who launched may have lost the right since.
  b.role := case when b.user_id is null then 'system' else rowlock_private.member_role(l.organization_id, b.user_id) end;
  if b.role is null then
    perform rowlock_private.end_job(l, 'cancelled', null, l.attempt, null, 'NOT_A_MEMBER',
      'Whoever launched this job is no longer a member of the organization.');
    b.verdict := 'cancelled';
    return b;
  elsif not rowlock_private.organization_is_active(l.organization_id) then
    perform rowlock_private.end_job(l, 'cancelled', null, l.attempt, null, 'ORGANIZATION_INACTIVE',
      'The organization is suspended.');
    b.verdict := 'cancelled';
    return b;
  end if;

  b.verdict := 'run';
  b.attempt := l.attempt + 1;
  b.fence := l.fence;
  if is_long then
    -- Its end comes in another transaction: the fence keeps out whoever held the job before.
    -- A redelivered running job lost its worker, so that attempt did not count.
    b.attempt := l.attempt + (l.state <> 'running')::int;
    b.fence := l.fence + 1;
    update rowlock.live x set state = 'running', started_at = clock_timestamp(), fence = b.fence, attempt = b.attempt,
      progress = null, progress_note = null
    where x.organization_id = l.organization_id and x.id = l.id;
  end if;
  perform rowlock_private.set_claims(l.organization_id, b.user_id, b.role, 'task', l.id);
  return b;
end $$;
comment on function rowlock_private.begin_job(uuid, text, boolean) is
  'Locks a job, re-checks who launched it and sets the claims of this transaction from its row. A transactional job stays locked to its end; a long one is marked running and fenced.';
grant execute on function rowlock_private.begin_job(uuid, text, boolean) to rowlock_task;

create function rowlock_private.suspect_job(id uuid, task text, most int) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  l rowlock.live;
begin
  select * into l from rowlock.live x where x.id = suspect_job.id and x.task = suspect_job.task for update skip locked;
  if not found then return false; end if;
  if l.crashes < most then
    update rowlock.live x set crashes = x.crashes + 1 where x.organization_id = l.organization_id and x.id = l.id;
    return false;
  end if;
  insert into rowlock.job_events (organization_id, job_id, kind, attempt, code, message)
  values (l.organization_id, l.id, 'failed', l.attempt, 'CRASHED', format('The job took its worker down %s times.', l.crashes));
  perform rowlock_private.end_job(l, 'failed', l.started_at, l.attempt, null, 'CRASHED',
    format('The job took its worker down %s times.', l.crashes));
  return true;
end $$;
comment on function rowlock_private.suspect_job(uuid, text, int) is
  'Before a delivery that is not the first: notes, in a transaction of its own, that it begins. One that began so many times without reporting back took its workers down: it is failed, and true returned.';
grant execute on function rowlock_private.suspect_job(uuid, text, int) to rowlock_task;

create function rowlock_private.acquit_job(id uuid, task text) returns void
language sql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
  update rowlock.live x set crashes = x.crashes - 1
  where x.id = acquit_job.id and x.task = acquit_job.task and x.crashes > 0
$$;
comment on function rowlock_private.acquit_job(uuid, text) is
  'A suspected delivery failed with the database and its worker lives to tell: it crashed nobody.';
grant execute on function rowlock_private.acquit_job(uuid, text) to rowlock_task;

create function rowlock_private.lock_attempt(id uuid, fence int) returns rowlock.live
language plpgsql set search_path = pg_catalog, pg_temp as $$ -- the rest as whoever calls it
declare
  l rowlock.live;
begin
  if rowlock_private.claim('job_id')::uuid <> lock_attempt.id then
    raise exception 'This transaction belongs to another job.' using errcode = 'RL408';
  end if;
  select * into l from rowlock.live x where x.id = lock_attempt.id and x.fence = lock_attempt.fence
    and x.state in ('waiting', 'queued', 'running') for update;
  if not found then
    raise exception 'Job % is no longer held by this attempt.', lock_attempt.id using errcode = 'RL430';
  end if;
  return l;
end $$;
comment on function rowlock_private.lock_attempt(uuid, int) is 'The job''s row, locked, if the attempt still holds it; else RL430.';

create function rowlock_private.resume_job(id uuid, fence int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  l rowlock.live;
  "user" uuid;
  role text;
begin
  -- Shared: the job's own transactions may overlap, and whoever ends the job waits for them. A key share and no more,
  -- which lets report_progress change the row: it may be called while such a transaction is open.
  select * into l from rowlock.live x
  where x.id = resume_job.id and x.fence = resume_job.fence and x.state = 'running' for key share;
  if not found then
    raise exception 'Job % is no longer held by this attempt.', resume_job.id using errcode = 'RL430';
  end if;
  select j.user_id into "user" from rowlock.job j where j.organization_id = l.organization_id and j.id = l.id;
  role := case when "user" is null then 'system' else rowlock_private.member_role(l.organization_id, "user") end;
  if role is null then
    raise exception 'Whoever launched job % is no longer a member.', resume_job.id using errcode = 'RL405';
  end if;
  perform rowlock_private.set_claims(l.organization_id, "user", role, 'task', l.id);
end $$;
comment on function rowlock_private.resume_job(uuid, int) is
  'Sets the claims of a further transaction of a long job, if this attempt still holds it.';
grant execute on function rowlock_private.resume_job(uuid, int) to rowlock_task;

create function rowlock_private.refuse_cancelled(organization uuid, ids uuid[]) returns void
language plpgsql as $$ -- the rest as whoever calls it
begin
  if exists (select from rowlock.cancellations c where c.organization_id = organization and c.job_id = any(ids)) then
    raise exception 'The job was cancelled while it was at work.' using errcode = 'RL431';
  end if;
end $$;
comment on function rowlock_private.refuse_cancelled(uuid, uuid[]) is
  'Raises RL431 if one of these jobs was cancelled: what it did is rolled back.';

create function rowlock_private.finish_job(id uuid, fence int, result jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  l rowlock.live := rowlock_private.lock_attempt(finish_job.id, finish_job.fence);
begin
  -- A transactional job is begun in the very transaction that ends it; a long one says that it was begun.
  if l.state <> 'running' and rowlock_private.claim('job_id') is null then
    raise exception 'Job % was not begun in this transaction.', finish_job.id using errcode = 'RL407',
      hint = 'A task must not end the transaction it was given.';
  end if;
  perform rowlock_private.refuse_cancelled(l.organization_id, array[l.id]);
  perform rowlock_private.end_job(l, 'succeeded', coalesce(l.started_at, now()),
    (l.attempt + (l.state <> 'running')::int)::smallint, result, null, null);
end $$;
comment on function rowlock_private.finish_job(uuid, int, jsonb) is
  'Ends a job as succeeded, in the transaction of its last effects.';
grant execute on function rowlock_private.finish_job(uuid, int, jsonb) to rowlock_task;

create function rowlock_private.fail_job(
  id uuid, fence int, started_at timestamptz, code text, message text, retry_at timestamptz, counts boolean
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  l rowlock.live := rowlock_private.lock_attempt(fail_job.id, fail_job.fence);
  tried smallint := l.attempt + (l.state <> 'running')::int;
  cancelled text;
begin
  if retry_at is not null then
    select c.reason into cancelled from rowlock.cancellations c where c.organization_id = l.organization_id and c.job_id = l.id;
    if found then
      perform rowlock_private.end_job(l, 'cancelled', coalesce(l.started_at, fail_job.started_at), tried, null, 'CANCELLED', cancelled);
      return;
    end if;
  end if;
  insert into rowlock.job_events (organization_id, job_id, kind, attempt, code, message)
  values (l.organization_id, l.id, case when retry_at is null then 'failed' when counts then 'retried' else 'snoozed' end,
          tried, fail_job.code, fail_job.message);
  if retry_at is null then
    perform rowlock_private.end_job(l, 'failed', coalesce(l.started_at, fail_job.started_at), tried, null,
      fail_job.code, fail_job.message);
  else
    update rowlock.live x set state = 'scheduled', started_at = null, progress = null, progress_note = null,
      run_at = fail_job.retry_at,
      attempt = tried - (not counts)::int, fence = x.fence + 1, crashes = 0
    where x.organization_id = l.organization_id and x.id = l.id;
  end if;
end $$;
comment on function rowlock_private.fail_job(uuid, int, timestamptz, text, text, timestamptz, boolean) is
  'Ends a failed attempt: another one at retry_at (counts = false for a snooze, which costs no attempt), or the job as failed. To the broker both are completed deliveries.';
grant execute on function rowlock_private.fail_job(uuid, int, timestamptz, text, text, timestamptz, boolean) to rowlock_task;

create function rowlock_private.hand_back(id uuid, fence int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  l rowlock.live := rowlock_private.lock_attempt(hand_back.id, hand_back.fence);
begin
  insert into rowlock.job_events (organization_id, job_id, kind, attempt, code, message)
  values (l.organization_id, l.id, 'handed_back', l.attempt + (l.state <> 'running')::int, 'WORKER_STOPPING',
          'The worker stopped; the job runs elsewhere. The attempt does not count.');
  update rowlock.live x set state = 'waiting', started_at = null, progress = null, progress_note = null, attempt = x.attempt - (l.state = 'running')::int,
    fence = x.fence + 1, crashes = 0
  where x.organization_id = l.organization_id and x.id = l.id;
  -- It lands behind where the dispatcher has come to.
  perform pg_notify('rowlock:dispatch', l.organization_id::text);
end $$;
comment on function rowlock_private.hand_back(uuid, int) is
  'Gives a job back unharmed because its worker stops: another worker gets it, and the attempt does not count.';
grant execute on function rowlock_private.hand_back(uuid, int) to rowlock_task;

create function rowlock_private.report_progress(id uuid, fence int, progress real, note text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
  if rowlock_private.claim('job_id')::uuid <> report_progress.id then
    raise exception 'This transaction belongs to another job.' using errcode = 'RL408';
  end if;
  if progress is null or progress not between 0 and 1 then
    raise exception 'progress is %; it must be between 0 and 1.', progress using errcode = 'RL423',
      detail = '[{"path":"/progress","message":"must be between 0 and 1"}]';
  end if;
  update rowlock.live x set progress = report_progress.progress, progress_note = left(note, 500)
  where x.id = report_progress.id and x.fence = report_progress.fence and x.state = 'running';
  if not found then
    raise exception 'Job % is no longer held by this attempt.', report_progress.id using errcode = 'RL430';
  end if;
end $$;
comment on function rowlock_private.report_progress(uuid, int, real, text) is 'How far a long job is, 0 to 1, with a note of at most 500 characters.';
grant execute on function rowlock_private.report_progress(uuid, int, real, text) to rowlock_task;
