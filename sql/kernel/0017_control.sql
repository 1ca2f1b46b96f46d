-- Control by hand: cancel and retry, one job or all that match a filter.

create function rowlock_private.cancel(organization uuid, "user" uuid, ids uuid[], reason text, out ended int, out asked int)
language plpgsql set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- plans made while the table was small are kept when it is large
as $$
declare
  free rowlock.live[];
  wanted uuid[];
  told uuid[];
begin
  -- A row that somebody holds is a job at work; it is asked for below.
  free := array(
    select l from rowlock.live l where l.organization_id = organization and l.id = any(ids)
    order by l.id for update skip locked);
  perform rowlock_private.end_unfinished(free, 'cancelled', 'CANCELLED', reason);
  -- What is left of them is held.
  with asked_for as (
    insert into rowlock.cancellations (organization_id, job_id, user_id, reason)
    select organization, l.id, "user", cancel.reason
    from unnest(ids) i(id) cross join lateral (
      select x.id from rowlock.live x where x.organization_id = organization and x.id = i.id limit 1) l
    on conflict do nothing
    returning job_id)
  select coalesce(array_agg(a.job_id), '{}') into wanted from asked_for a;
  ended := cardinality(free);
  asked := cardinality(wanted);
  told := array(select f.id from unnest(free) f where f.state = 'running' union all select unnest(wanted));
  -- Handlers of these may be at it. Of many, whoever runs them finds them by himself, within half a second.
  if cardinality(told) between 1 and 100 then
    perform pg_notify('rowlock:cancel', t::text) from unnest(told) t;
  end if;
  perform rowlock_private.tell(organization, wanted);
end $$;
comment on function rowlock_private.cancel(uuid, uuid, uuid[], text) is
  'Cancels jobs of an organization: whatever nobody holds at once (ended), the others by a request that their worker sees (asked).';

create function rowlock_private.cancel_held(id uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off as $$
declare
  l rowlock.live;
  cancelled text;
begin
  perform rowlock_private.require_dispatcher();
  select * into l from rowlock.live x where x.id = cancel_held.id for update;
  if not found then return false; end if;
  select c.reason into cancelled from rowlock.cancellations c where c.organization_id = l.organization_id and c.job_id = l.id;
  if not found then return false; end if;
  perform rowlock_private.end_job(l, 'cancelled', l.started_at, l.attempt, null, 'CANCELLED', cancelled);
  return true;
end $$;
comment on function rowlock_private.cancel_held(uuid) is
  'The worker that had a job was told that it is cancelled, and has stopped it: the job ends. False if it is over already.';
grant execute on function rowlock_private.cancel_held(uuid) to rowlock_task;

create function rowlock_private.stopped_jobs(ids uuid[]) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off as $$
begin
  perform rowlock_private.require_dispatcher();
  return query
  select i.id from unnest(ids) i(id)
  left join lateral (select x.organization_id from rowlock.live x where x.id = i.id limit 1) l on true
  where l.organization_id is null
    or exists (select from rowlock.cancellations c where c.organization_id = l.organization_id and c.job_id = i.id);
end $$;
comment on function rowlock_private.stopped_jobs(uuid[]) is
  'Those of a worker''s jobs whose handlers go on in vain: cancelled, or over already.';
grant execute on function rowlock_private.stopped_jobs(uuid[]) to rowlock_task;

create function rowlock_private.forget_cancellations() returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  forgotten int;
begin
  perform rowlock_private.require_dispatcher();
  delete from rowlock.cancellations c
  where c.at < now() - interval '1 minute' and not exists (
    select from rowlock.live l where l.organization_id = c.organization_id and l.id = c.job_id);
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
comment on function rowlock_private.forget_cancellations() is 'Removes requests to cancel jobs that are over; says how many.';
grant execute on function rowlock_private.forget_cancellations() to rowlock_task;

create function rowlock_private.fail_overdue_jobs(most int default 1000) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_sort = off as $$
declare
  overdue rowlock.live[];
  moment timestamptz := rowlock_private.clock();
begin
  perform rowlock_private.require_dispatcher();
  overdue := array(
    select x from rowlock.live x where x.deadline_at < moment order by x.deadline_at limit most
    for update skip locked);
  perform rowlock_private.fail_overdue(overdue);
  return cardinality(overdue);
end $$;
comment on function rowlock_private.fail_overdue_jobs(int) is
  'Fails jobs whose deadline has passed and that nobody holds; says how many. Called by workers twice a second.';
grant execute on function rowlock_private.fail_overdue_jobs(int) to rowlock_task;

create function rowlock.cancel_job(id uuid, reason text default null) returns rowlock.jobs
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  was text := (select j.state from rowlock.jobs j where j.id = cancel_job.id);
  job rowlock.jobs;
begin
  perform rowlock_private.cancel(organization, rowlock_private.claim('user_id')::uuid, array[cancel_job.id],
    coalesce(left(nullif(reason, ''), 500), 'Cancelled by hand.'));
  select * into job from rowlock.jobs j where j.id = cancel_job.id;
  if not found then
    raise exception 'There is no job % in this organization.', cancel_job.id using errcode = 'RL404';
  end if;
  if job.state in ('succeeded', 'failed') then
    raise exception 'Job % has ended: %.', cancel_job.id, job.state using errcode = 'RL425',
      hint = 'Only what is unfinished can be cancelled.';
  end if;
  if was <> 'cancelled' then
    perform rowlock_private.audit(organization, 'cancel', job.id::text, jsonb_build_object('state', was),
      jsonb_build_object('state', job.state, 'reason', reason));
  end if;
  return job;
end $$;
comment on function rowlock.cancel_job(uuid, text) is
  '@resultFieldName job
Cancels a job. What has not begun is cancelled at once; one at work is told to stop, what it wrote is rolled back, and it is cancelled about a second later: until then cancelRequestedAt says so.';
grant execute on function rowlock.cancel_job(uuid, text) to rowlock_tenant;

create function rowlock_private.retry(organization uuid, ids uuid[]) returns int
language plpgsql set search_path = pg_catalog, pg_temp
set enable_seqscan = off as $$
declare
  retried int;
begin
  with back as (
    delete from rowlock.job_end e
    where e.organization_id = organization and e.id = any(ids) and e.state in ('failed', 'cancelled')
      and exists (select from rowlock.job j where j.organization_id = organization and j.id = e.id)
    returning e.*
  ), live as (
    insert into rowlock.live (organization_id, id, run_at, batch_id, priority, state, task, lane, key, user_id, fence)
    select b.organization_id, b.id, rowlock_private.clock(), b.batch_id, b.priority, 'waiting', b.task,
           coalesce(rowlock_private.lane_of(t, p.task is not null, j.payload), ''), b.key, j.user_id,
           -- Above whatever a worker may still hold of the job's life before: those count deliveries, or are of an earlier retry.
           (extract(epoch from now()) - 1767225600)::int
    from back b
    cross join lateral (select x.payload, x.user_id from rowlock.job x
                        where x.organization_id = b.organization_id and x.id = b.id limit 1) j
    left join rowlock.tasks t on t.name = b.task
    left join rowlock.task_policies p on p.task = b.task
    returning live.id, live.organization_id
  )
  -- Its time of retry is its place in the timeline; attempts are counted anew.
  insert into rowlock.job_events (organization_id, job_id, kind, attempt, code, message)
  select l.organization_id, l.id, 'retried', 0, 'RETRIED_BY_HAND', 'Somebody had the job run again.' from live l;
  get diagnostics retried = row_count;
  -- They lie behind where the dispatcher has come to.
  if retried > 0 then
    perform pg_notify('rowlock:dispatch', organization::text);
    perform rowlock_private.tell(organization, ids);
  end if;
  return retried;
exception
  when unique_violation then
    raise exception 'An unfinished job has the key of one of these.' using errcode = 'RL425',
      hint = 'Wait for it to end, or cancel it.';
end $$;
comment on function rowlock_private.retry(uuid, uuid[]) is
  'Has failed and cancelled jobs of an organization run again, as the same jobs; says how many.';

create function rowlock.retry_job(id uuid) returns rowlock.jobs
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  was text := (select j.state from rowlock.jobs j where j.id = retry_job.id);
  job rowlock.jobs;
begin
  if rowlock_private.retry(organization, array[retry_job.id]) = 0 then
    select * into job from rowlock.jobs j where j.id = retry_job.id;
    if not found then
      raise exception 'There is no job % in this organization.', retry_job.id using errcode = 'RL404';
    end if;
    raise exception 'Job % is %; only failed and cancelled ones can be retried.', retry_job.id, job.state using errcode = 'RL425';
  end if;
  perform rowlock_private.audit(organization, 'retry', retry_job.id::text, jsonb_build_object('state', was),
    jsonb_build_object('state', 'waiting'));
  select * into job from rowlock.jobs j where j.id = retry_job.id;
  return job;
end $$;
comment on function rowlock.retry_job(uuid) is
  '@resultFieldName job
Has a failed or cancelled job run again: the same job, its attempts counted anew.';
grant execute on function rowlock.retry_job(uuid) to rowlock_tenant;

create function rowlock_private.matching_jobs(
  organization uuid, states text[], task text, key text, ids uuid[], launched_after timestamptz, launched_before timestamptz,
  error_code text, batch uuid, tag text default null, error_fingerprint text default null
) returns setof uuid
language plpgsql stable set search_path = pg_catalog, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  -- Only the conditions that apply: "$1 is null or …" would hide the indexes.
  wanted text := concat_ws(' and ', 'x.organization_id = $1', 'x.state = any($2)',
    case when task is not null then 'x.task = $3' end,
    case when key is not null then 'x.key = $4' end,
    case when ids is not null then 'x.id = any($5)' end,
    case when launched_after is not null then 'x.id >= rowlock_private.uuid_at($6)' end,
    case when launched_before is not null then 'x.id < rowlock_private.uuid_at($7)' end,
    case when batch is not null then 'x.batch_id = $9' end,
    case when tag is not null then 'x.id in (select t.job_id from rowlock.job_tags t where t.organization_id = $1 and t.tag = $10)' end);
begin
  if error_code is null and error_fingerprint is null and states && '{scheduled,blocked,waiting,queued,running}' then
    return query execute 'select x.id from rowlock.live x where ' || wanted
      using organization, states, task, key, ids, launched_after, launched_before, error_code, batch, tag, error_fingerprint;
  end if;
  if states && '{succeeded,failed,cancelled}' then
    return query execute concat_ws(' and ', 'select x.id from rowlock.job_end x where ' || wanted,
        case when error_code is not null then 'x.error_code = $8' end,
        case when error_fingerprint is not null then 'x.error_code is not null
          and rowlock.error_fingerprint(x.task, x.error_code, x.error_message) = $11' end)
      using organization, states, task, key, ids, launched_after, launched_before, error_code, batch, tag, error_fingerprint;
  end if;
end $$;
comment on function rowlock_private.matching_jobs(uuid, text[], text, text, uuid[], timestamptz, timestamptz, text, uuid, text, text) is
  'Ids of an organization''s jobs in one of these states that fit every condition given.';

create type rowlock.acted as (jobs int, asked int);
comment on type rowlock.acted is 'How many jobs an action took at once, and how many more were asked to stop.';
comment on column rowlock.acted.jobs is '@notNull';
comment on column rowlock.acted.asked is '@notNull';

create function rowlock_private.act_on(
  action text, states text[], task text, key text, ids uuid[], launched_after timestamptz, launched_before timestamptz,
  error_code text, batch uuid, at_most int, reason text, tag text, error_fingerprint text
) returns rowlock.acted
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  allowed text[] := case action when 'cancel' then '{scheduled,blocked,waiting,queued,running}'::text[] else '{failed,cancelled}'::text[] end;
  found uuid[];
  done rowlock.acted := row(0, 0);
begin
  if not coalesce(states, allowed) <@ allowed then
    raise exception 'Jobs in the states % cannot all be %.', array_to_string(states, ', '),
      case action when 'cancel' then 'cancelled' else 'retried' end using errcode = 'RL423',
      detail = '[{"path":"/states","message":"must be among those in which the action is possible"}]',
      hint = 'Possible are: ' || array_to_string(allowed, ', ') || '.';
  end if;
  found := array(select m from rowlock_private.matching_jobs(organization, coalesce(states, allowed), task, key, ids,
    launched_after, launched_before, error_code, batch, tag, error_fingerprint) m);
  if cardinality(found) > at_most then
    raise exception '% jobs match, more than the % that were agreed to.', cardinality(found), at_most using errcode = 'RL425',
      hint = 'Count again, and pass that number as at_most.';
  end if;
  if action = 'cancel' then
    select c.ended, c.asked into done.jobs, done.asked
    from rowlock_private.cancel(organization, rowlock_private.claim('user_id')::uuid, found,
      coalesce(left(nullif(reason, ''), 500), 'Cancelled by hand.')) c;
  else
    done.jobs := rowlock_private.retry(organization, found);
  end if;
  perform rowlock_private.audit(organization, action, null, jsonb_strip_nulls(jsonb_build_object('states', states, 'task', task,
      'key', key, 'ids', ids, 'launchedAfter', launched_after, 'launchedBefore', launched_before, 'errorCode', error_code,
      'batchId', batch, 'tag', tag, 'errorFingerprint', error_fingerprint)),
    jsonb_build_object('jobs', done.jobs, 'asked', done.asked));
  return done;
end $$;
comment on function rowlock_private.act_on(text, text[], text, text, uuid[], timestamptz, timestamptz, text, uuid, int, text, text, text) is
  'Cancels or retries all jobs of the claimed organization that match, no more than at_most.';

create function rowlock.count_matching_jobs(
  states text[] default null, task text default null, key text default null, ids uuid[] default null,
  launched_after timestamptz default null, launched_before timestamptz default null, error_code text default null, batch uuid default null,
  tag text default null, error_fingerprint text default null
) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('viewer');
begin
  return (select count(*) from rowlock_private.matching_jobs(organization,
    coalesce(states, '{scheduled,blocked,waiting,queued,running,succeeded,failed,cancelled}'), task, key, ids,
    launched_after, launched_before, error_code, batch, tag, error_fingerprint));
end $$;
comment on function rowlock.count_matching_jobs(text[], text, text, uuid[], timestamptz, timestamptz, text, uuid, text, text) is
  'How many jobs fit every condition given: what cancelJobs and retryJobs would take, asked first.';
grant execute on function rowlock.count_matching_jobs(text[], text, text, uuid[], timestamptz, timestamptz, text, uuid, text, text) to rowlock_tenant;

create function rowlock.cancel_jobs(
  at_most int, states text[] default null, task text default null, key text default null, ids uuid[] default null,
  launched_after timestamptz default null, launched_before timestamptz default null, reason text default null,
  batch uuid default null, tag text default null
) returns rowlock.acted
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select rowlock_private.act_on('cancel', states, task, key, ids, launched_after, launched_before, null, batch, at_most, reason, tag, null)
$$;
comment on function rowlock.cancel_jobs(int, text[], text, text, uuid[], timestamptz, timestamptz, text, uuid, text) is
  'Cancels all unfinished jobs that fit every condition given, as cancelJob does. Refused if more than at_most match: count them first.';
grant execute on function rowlock.cancel_jobs(int, text[], text, text, uuid[], timestamptz, timestamptz, text, uuid, text) to rowlock_tenant;

create function rowlock.retry_jobs(
  at_most int, states text[] default null, task text default null, key text default null, ids uuid[] default null,
  launched_after timestamptz default null, launched_before timestamptz default null, error_code text default null,
  batch uuid default null, tag text default null, error_fingerprint text default null
) returns rowlock.acted
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select rowlock_private.act_on('retry', states, task, key, ids, launched_after, launched_before, error_code, batch, at_most, null, tag, error_fingerprint)
$$;
comment on function rowlock.retry_jobs(int, text[], text, text, uuid[], timestamptz, timestamptz, text, uuid, text, text) is
  'Has all failed and cancelled jobs that fit every condition given run again, as retryJob does. Refused if more than at_most match: count them first.';
grant execute on function rowlock.retry_jobs(int, text[], text, text, uuid[], timestamptz, timestamptz, text, uuid, text, text) to rowlock_tenant;
