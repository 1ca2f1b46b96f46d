-- The look that compares the job table with the broker's, both ways, and mends what nothing else finds. Jobs that wait
-- are not its business: the dispatcher's walk finds those that the broker does not have.

grant create on schema rowlock_private to rowlock_broker;
set local role rowlock_broker;
create function rowlock_private.wake_deliveries(ours text[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  woken int;
begin
  update graphile_worker._private_jobs j set run_at = now()
  where j.id in (
    select d.id from graphile_worker._private_jobs d
    where d.task_id in (select t.id from graphile_worker._private_tasks t where t.identifier = any(ours))
      and d.locked_at is null and d.run_at > now() + interval '30 seconds'
    for update skip locked);
  get diagnostics woken = row_count;
  if woken > 0 then perform pg_notify('jobs:insert', json_build_object('r', random(), 'count', woken)::text); end if;
  return woken;
end $$;
comment on function rowlock_private.wake_deliveries(text[]) is
  'Deliveries that the broker put off for long, as it does after errors, may be fetched now: our jobs that are to wait are not with the broker at all.';
revoke execute on function rowlock_private.wake_deliveries(text[]) from public;
grant execute on function rowlock_private.wake_deliveries(text[]) to rowlock_owner;
set local role rowlock_owner;
revoke create on schema rowlock_private from rowlock_broker;

create function rowlock_private.reconcile(older_than_ms int default 10000) returns table (jobs uuid[], woken int)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- plans made while the table was small are kept when it is large
as $$
#variable_conflict use_column
declare
  ours text[] := array(select t.name from rowlock.tasks t);
  before timestamptz := clock_timestamp() - older_than_ms * interval '1 millisecond';
  organizations uuid[];
begin
  perform rowlock_private.require_dispatcher();
  -- Every worker looks; two at once would be no use.
  if not pg_try_advisory_xact_lock(1919905644, 2) then return; end if;
  with held as materialized (
    select j from rowlock_private.deliveries(ours, null) d, unnest(d.jobs) j
  ), old as (
    -- The id is the time of a launch. Both are of one snapshot: whatever begins or ends a job does so while the broker
    -- has the delivery.
    select l.organization_id, l.id from rowlock.live l
    where l.state in ('queued', 'running') and l.id < rowlock_private.uuid_at(before)
      and (l.started_at is null or l.started_at < before) and l.id not in (select h.j from held h)
  ), lost as materialized (
    select l.id from old o
    cross join lateral (select x.* from rowlock.live x where x.id = o.id limit 1) l
    join rowlock.job j on j.organization_id = l.organization_id and j.id = l.id
    join rowlock.tasks t on t.name = l.task
    where l.state in ('queued', 'running') and (l.started_at is null or l.started_at < before)
      -- `rowlock run-task` runs its job in place, without a delivery; its process may be gone too.
      and (j.source <> 'run-task' or coalesce(l.started_at, rowlock.moment_of(l.id))
             < clock_timestamp() - (t.timeout_ms + 60000) * interval '1 millisecond')
    order by l.id for update of l skip locked
  ), back as (
    update rowlock.live l set state = 'waiting', started_at = null, progress = null, progress_note = null,
      attempt = l.attempt - (l.state = 'running')::int, fence = l.fence + 1
    where l.id = any(array(select o.id from lost o))
    returning l.organization_id, l.id, l.attempt
  ), noted as (
    insert into rowlock.job_events (organization_id, job_id, kind, attempt, code, message)
    select b.organization_id, b.id, 'handed_back', b.attempt + 1, 'DELIVERY_LOST',
           'The queue no longer had the job; it runs again. The attempt does not count.'
    from back b
  )
  select array_agg(distinct b.organization_id), array_agg(b.id order by b.id) into organizations, jobs from back b;
  perform pg_notify('rowlock:dispatch', o::text) from unnest(organizations) o;
  jobs := coalesce(jobs, '{}');
  woken := rowlock_private.wake_deliveries(ours);
  return next;
end $$;
comment on function rowlock_private.reconcile(int) is
  'Compares the job table with the broker''s. Jobs that are with a worker, by their own row, and in no delivery wait again; deliveries that the broker put off for long may be fetched. Says which jobs and how many deliveries; no row when another looks at this moment.';
grant execute on function rowlock_private.reconcile(int) to rowlock_task;
