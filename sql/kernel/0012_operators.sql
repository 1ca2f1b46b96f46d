-- What whoever runs the platform sees, beside the policies it edits: organizations, workers, how much waits, and of jobs
-- what they are, never what is in them. Operators have no right on the tables of jobs: these functions choose the columns.

create policy operators_read on rowlock.organizations for select to rowlock_operator using (true);
grant select on rowlock.organizations to rowlock_operator;

create type rowlock.worker_hold as (
  job_id uuid, organization_id uuid, task text, state text, attempt int, since timestamptz);
comment on type rowlock.worker_hold is
  'A job that a worker has in hand. since: when it began or, where that is not told before the end (transactional jobs), when the worker took the delivery. attempt: the one under way, or about to begin.';

create type rowlock.worker as (
  id text, host text, pid int, version text, concurrency int, running int, pool_waiting int,
  started_at timestamptz, polled_at timestamptz, seen_at timestamptz, alive boolean, holds rowlock.worker_hold[]);
comment on type rowlock.worker is
  'A pool of hands. running: jobs it holds. pool_waiting: how much in its process waits for a connection. polled_at: when it last asked for more. seen_at: its last sign of life. alive: it holds its lock; what a dead one held runs elsewhere within a second. holds: what it has in hand, the oldest 100.';

grant create on schema rowlock_private to rowlock_broker;
set local role rowlock_broker;
create function rowlock_private.locked_deliveries(ours text[]) returns table (worker text, since timestamptz, jobs uuid[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select d.locked_by, d.locked_at, case when d.payload ->> 'job' is not null then array[(d.payload ->> 'job')::uuid]
           else (select array_agg(p.id::uuid) from json_array_elements_text(d.payload -> 'jobs') p(id)) end
  from (
    select j.locked_by, j.locked_at, j.payload, row_number() over (partition by j.locked_by order by j.locked_at, j.id) as n
    from graphile_worker._private_jobs j
    where j.locked_by is not null
      and j.task_id in (select t.id from graphile_worker._private_tasks t where t.identifier = any(ours))) d
  where d.n <= 100
$$;
comment on function rowlock_private.locked_deliveries(text[]) is
  'The oldest 100 deliveries of our tasks that each worker holds, since when, and the jobs in them.';
revoke execute on function rowlock_private.locked_deliveries(text[]) from public;
grant execute on function rowlock_private.locked_deliveries(text[]) to rowlock_owner;
set local role rowlock_owner;
revoke create on schema rowlock_private from rowlock_broker;

create function rowlock.workers() returns setof rowlock.worker
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with held as (
    select d.worker, l.id, l.organization_id, l.task, l.state,
           l.attempt + (l.state <> 'running')::int as attempt, coalesce(l.started_at, d.since) as since,
           row_number() over (partition by d.worker order by d.since, j.ord) as n
    from rowlock_private.locked_deliveries(array(select t.name from rowlock.tasks t)) d
    cross join unnest(d.jobs) with ordinality j(id, ord)
    -- One by one, through the index. Of a delivery of several some may have ended.
    cross join lateral (select x.* from rowlock.live x where x.id = j.id limit 1) l
  )
  select w.id, w.host, w.pid, w.version, w.concurrency, w.running, w.pool_waiting, w.started_at, w.polled_at, w.seen_at,
         exists (
           select from pg_locks l
           where l.locktype = 'advisory' and l.granted and l.objsubid = 1
             and l.database = (select d.oid from pg_database d where d.datname = current_database())
             and (l.classid::bigint << 32 | l.objid::bigint) = rowlock_private.worker_lock(w.id)),
         array(select (h.id, h.organization_id, h.task, h.state, h.attempt, h.since)::rowlock.worker_hold
               from held h where h.worker = w.id and h.n <= 100 order by h.n)
  from rowlock_private.workers w order by w.started_at, w.id
$$;
comment on function rowlock.workers() is 'The workers there are, and what they have in hand.';
grant execute on function rowlock.workers() to rowlock_operator;

create index live_scheduled on rowlock.live (organization_id) where state = 'scheduled';

create function rowlock_private.in_flight() returns table (organization_id uuid, jobs int)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select l.organization_id, count(*)::int
  from rowlock_private.deliveries(array(select t.name from rowlock.tasks t), null) d
  cross join unnest(d.jobs) j(id) cross join lateral (select x.organization_id from rowlock.live x where x.id = j.id limit 1) l
  group by l.organization_id
$$;
comment on function rowlock_private.in_flight() is
  'Jobs that are handed over and not ended, by organization. As many as the broker has deliveries: some more than there are hands.';

create function rowlock_private.backlog_of(organization uuid) returns table (waiting int, scheduled int, oldest_waiting_seconds real)
language sql stable set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_sort = off -- plans made while the table was small are kept when it is large
as $$
  select
    -- "Between" and the order leave the planner one index to walk, and the limit bounds the walk.
    (select count(*)::int from (
       select from rowlock.live l where l.state = 'waiting' and l.organization_id between organization and organization
       order by l.organization_id, l.lane, l.priority, l.run_at, l.id limit 10000) c),
    (select count(*)::int from (
       select from rowlock.live l where l.state = 'scheduled' and l.organization_id = organization limit 10000) c),
    (with recursive first as (
       -- The oldest of each queue there is: the index has them in front.
       (select l.lane, l.priority, l.run_at from rowlock.live l
        where l.state = 'waiting' and l.organization_id = organization
        order by l.lane, l.priority, l.run_at limit 1)
       union all
       select n.* from first p cross join lateral (
         select l.lane, l.priority, l.run_at from rowlock.live l
         where l.state = 'waiting' and l.organization_id = organization and (l.lane, l.priority) > (p.lane, p.priority)
         order by l.lane, l.priority, l.run_at limit 1) n)
     select extract(epoch from clock_timestamp() - min(p.run_at))::real from first p)
$$;
comment on function rowlock_private.backlog_of(uuid) is
  'What an organization has before it, counted up to 10,000, and since when the job that waits longest could have begun.';

create type rowlock.backlog as (
  organization_id uuid, name text, waiting int, scheduled int, in_flight int, oldest_waiting_seconds real);
comment on type rowlock.backlog is
  'What an organization has before it. waiting and scheduled are counted up to 10,000. in_flight: handed over and not ended; of those that wait some may be. oldest_waiting_seconds: since the job that waits longest could have begun.';

create function rowlock.backlogs(organization uuid default null, after_organization uuid default null)
returns setof rowlock.backlog
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with recursive found as (
    -- From one organization to the next through the index, never through the jobs of one.
    (select l.organization_id, 1 as n from rowlock.live l
     where l.organization_id >= coalesce(organization, '00000000-0000-0000-0000-000000000000')
       and (organization is null or l.organization_id = organization)
       and (after_organization is null or l.organization_id > after_organization)
     order by l.organization_id limit 1)
    union all
    select n.organization_id, f.n + 1 from found f cross join lateral (
      select l.organization_id from rowlock.live l where l.organization_id > f.organization_id
      order by l.organization_id limit 1) n
    where organization is null and f.n < 100
  ), flying as materialized (
    select y.organization_id, y.jobs from rowlock_private.in_flight() y
  )
  select f.organization_id, (select o.name from rowlock.organizations o where o.id = f.organization_id),
    b.waiting, b.scheduled,
    coalesce((select y.jobs from flying y where y.organization_id = f.organization_id), 0),
    b.oldest_waiting_seconds
  from found f cross join lateral rowlock_private.backlog_of(f.organization_id) b order by f.organization_id
$$;
comment on function rowlock.backlogs(uuid, uuid) is
  'What organizations that have unfinished jobs have before them: one, or 100 in order of their ids, behind after_organization if it is given.';
grant execute on function rowlock.backlogs(uuid, uuid) to rowlock_operator;

create type rowlock.job_summary as (
  organization_id uuid, id uuid, task text, state text, priority int, attempt int, max_attempts int, source text,
  user_id uuid, parent_id uuid, created_at timestamptz, run_at timestamptz, started_at timestamptz,
  finished_at timestamptz, error_code text);
comment on type rowlock.job_summary is 'What a job is and how it fares. Payload, key, result and messages are the tenant''s.';

create function rowlock.job_summaries(organization uuid, state text default null, before_job uuid default null)
returns setof rowlock.job_summary
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  behind uuid := coalesce(before_job, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  ended boolean := job_summaries.state in ('succeeded', 'failed', 'cancelled');
begin
  return query
  with unfinished as (
    select l.id, l.task, l.state, l.priority, l.attempt, l.run_at, l.started_at, null::timestamptz, null::text
    from rowlock.live l
    where ended is distinct from true and l.organization_id = organization and l.id < behind
      and (job_summaries.state is null or l.state = job_summaries.state)
    order by l.id desc limit 100
  ), done as (
    select e.id, e.task, e.state, e.priority, e.attempt, e.run_at, e.started_at, e.finished_at, e.error_code
    from rowlock.job_end e
    where job_summaries.state is null and e.organization_id = organization and e.id < behind
    order by e.id desc limit 100
  ), done_so as (
    -- By a state of its own, so that a rare one is found through the index that has it.
    select e.id, e.task, e.state, e.priority, e.attempt, e.run_at, e.started_at, e.finished_at, e.error_code
    from rowlock.job_end e
    where ended and e.organization_id = organization and e.state = job_summaries.state and e.id < behind
    order by e.id desc limit 100
  ), listed as (
    select * from unfinished union all select * from done union all select * from done_so
    order by id desc limit 100
  )
  select organization, s.id, s.task, s.state, s.priority::int, s.attempt::int, j.max_attempts::int, j.source, j.user_id,
         j.parent_id, rowlock.moment_of(s.id), s.run_at, s.started_at, s.finished_at, s.error_code
  from listed s(id, task, state, priority, attempt, run_at, started_at, finished_at, error_code)
  left join lateral (
    select j.max_attempts, j.source, j.user_id, j.parent_id from rowlock.job j
    where j.organization_id = organization and j.id = s.id) j on true
  order by s.id desc;
end $$;
comment on function rowlock.job_summaries(uuid, text, uuid) is
  'The newest 100 jobs of an organization: those in a state if it is given, launched before before_job if it is given.';
grant execute on function rowlock.job_summaries(uuid, text, uuid) to rowlock_operator;
