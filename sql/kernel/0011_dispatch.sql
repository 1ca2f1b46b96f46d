-- Fair dispatch: jobs wait in rowlock.live, and one dispatcher hands over a little more than the workers can chew, by
-- weighted shares. Bundles: several small transactional jobs of one organization, user and task in one transaction.

create table rowlock_private.dispatch_state (
  one boolean primary key default true check (one),
  busy boolean not null
);
comment on table rowlock_private.dispatch_state is
  'One row: whether jobs wait. Launches read it; the dispatcher writes it when it changes and not otherwise.';
alter table rowlock_private.dispatch_state enable row level security, force row level security;
create policy owner_all on rowlock_private.dispatch_state to rowlock_owner using (true) with check (true);
insert into rowlock_private.dispatch_state (busy) values (false);

create table rowlock_private.task_speeds (
  task text primary key,
  ms real not null check (ms >= 0)
);
comment on table rowlock_private.task_speeds is
  'How long a transactional job of a task takes of late, in milliseconds, as workers see it: the size of its bundles follows.';
alter table rowlock_private.task_speeds enable row level security, force row level security;
create policy owner_all on rowlock_private.task_speeds to rowlock_owner using (true) with check (true);

create function rowlock_private.note_speeds(tasks text[], ms real[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  insert into rowlock_private.task_speeds as s (task, ms)
  select u.task, u.ms from unnest(note_speeds.tasks, note_speeds.ms) u(task, ms) order by u.task
  on conflict (task) do update set ms = (s.ms + excluded.ms) / 2;
end $$;
comment on function rowlock_private.note_speeds(text[], real[]) is 'A worker tells how long its jobs took.';
grant execute on function rowlock_private.note_speeds(text[], real[]) to rowlock_task;

create function rowlock_private.lead_dispatch() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform rowlock_private.require_dispatcher();
  -- One key for all: whoever has it is the dispatcher, for as long as this connection lives.
  return pg_try_advisory_lock(1919905644, 1);
end $$;
comment on function rowlock_private.lead_dispatch() is 'Whether this connection is the dispatcher''s from now on.';
grant execute on function rowlock_private.lead_dispatch() to rowlock_task;

create function rowlock_private.require_dispatcher() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- A task's transaction has claims; the dispatcher never has.
  if rowlock_private.claim('organization_id') is not null then
    raise exception 'This transaction already has claims.' using errcode = 'RL409';
  end if;
end $$;
comment on function rowlock_private.require_dispatcher() is 'Refuses (RL409) what a task asks for.';

create function rowlock_private.set_busy(busy boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform rowlock_private.require_dispatcher();
  update rowlock_private.dispatch_state s set busy = set_busy.busy where s.busy <> set_busy.busy;
  return (select s.busy from rowlock_private.dispatch_state s);
end $$;
comment on function rowlock_private.set_busy(boolean) is 'Tells launches whether jobs wait.';
grant execute on function rowlock_private.set_busy(boolean) to rowlock_task;

create function rowlock_private.dispatch_policies() returns table (
  organization_id uuid, weight real, max_running int, paused boolean, hands int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  return query
  select p.organization_id, p.weight, p.max_running, p.paused, null::int from rowlock.policies p
  union all
  select null, null, null, null, sum(w.concurrency)::int from rowlock_private.workers w
  where w.seen_at > now() - interval '10 seconds';
end $$;
comment on function rowlock_private.dispatch_policies() is
  'Every policy; and in the row without an organization, the hands of all living workers.';
grant execute on function rowlock_private.dispatch_policies() to rowlock_task;

create function rowlock_private.in_flight(mark uuid) returns table (
  organization_id uuid, jobs int, deliveries int, oldest uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  return query
  select l.organization_id, count(*)::int, count(distinct l.delivery)::int, (array_agg(l.delivery order by l.delivery))[1]
  from rowlock.live l
  where l.state in ('queued', 'running') and l.delivery >= coalesce(in_flight.mark, '00000000-0000-0000-0000-000000000000')
  group by l.organization_id;
end $$;
comment on function rowlock_private.in_flight(uuid) is
  'Per organization: jobs handed over and not ended, and in how many deliveries; only deliveries from mark on, so that ended ones are not passed again and again.';
grant execute on function rowlock_private.in_flight(uuid) to rowlock_task;

create type rowlock_private.ready as (
  organization_id uuid, priority smallint, run_at text, id uuid, found int, last uuid, next_due timestamptz);
comment on type rowlock_private.ready is
  'The first ready job of an organization. run_at is text, to the microsecond; found and last tell how far a look came, next_due when to look again.';

create function rowlock_private.make_due(since timestamptz, most int default 1000) returns setof rowlock_private.ready
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform rowlock_private.require_dispatcher();
  return query
  with due as (
    select l.organization_id, l.id from rowlock.live l
    where l.state = 'scheduled' and l.run_at <= now() and l.run_at >= coalesce(since, '-infinity')
    order by l.run_at limit most for update skip locked
  ), made as (
    update rowlock.live l set state = 'waiting' from due
    where l.organization_id = due.organization_id and l.id = due.id
    returning l.organization_id, l.priority, l.run_at, l.id
  )
  (select distinct on (m.organization_id) m.organization_id, m.priority, m.run_at::text, m.id,
          (select count(*) from made)::int, null::uuid, null::timestamptz
   from made m order by m.organization_id, m.priority, m.run_at, m.id)
  union all
  select null, null, null, null, null, null, (
    select l.run_at from rowlock.live l where l.state = 'scheduled' and l.run_at > now() order by l.run_at limit 1);
end $$;
comment on function rowlock_private.make_due(timestamptz, int) is
  'Makes scheduled jobs whose time has come ready; the first of each organization, and in a last row when the next is due.';
grant execute on function rowlock_private.make_due(timestamptz, int) to rowlock_task;

create function rowlock_private.landed(since uuid, most int default 5000) returns setof rowlock_private.ready
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  return query
  with fresh as materialized (
    -- By id, the order of launch: the planner must not go through all that waits.
    select l.organization_id, l.priority, l.run_at, l.id, l.state from rowlock.live l
    where l.id > since order by l.id limit most)
  (select distinct on (f.organization_id) f.organization_id, f.priority, f.run_at::text, f.id,
         null::int, null::uuid, null::timestamptz
  from fresh f where f.state = 'waiting'
  order by f.organization_id, f.priority, f.run_at, f.id)
  union all
  select null, null, null, null, (select count(*) from fresh)::int, (select f.id from fresh f order by f.id desc limit 1), null;
end $$;
comment on function rowlock_private.landed(uuid, int) is 'What was launched since and waits: the first of each organization; and in a last row how much was seen, and the last of it.';
grant execute on function rowlock_private.landed(uuid, int) to rowlock_task;

create function rowlock_private.waiting_fronts() returns setof rowlock_private.ready
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  return query
  with recursive fronts as (
    (select l.organization_id, l.priority, l.run_at, l.id from rowlock.live l where l.state = 'waiting'
     order by l.organization_id, l.priority, l.run_at, l.id limit 1)
    union all
    select n.* from fronts f cross join lateral (
      select l.organization_id, l.priority, l.run_at, l.id from rowlock.live l
      where l.state = 'waiting' and l.organization_id > f.organization_id
      order by l.organization_id, l.priority, l.run_at, l.id limit 1) n)
  select f.organization_id, f.priority, f.run_at::text, f.id, null::int, null::uuid, null::timestamptz from fronts f;
end $$;
comment on function rowlock_private.waiting_fronts() is
  'The first waiting job of every organization, whatever was missed: from one organization to the next through the index.';
grant execute on function rowlock_private.waiting_fronts() to rowlock_task;

grant create on schema rowlock_private to rowlock_broker;
set local role rowlock_broker;
create function rowlock_private.deliver(tasks text[], payloads json[])
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  -- All of one priority, in the order given: between organizations it is the dispatcher that chooses.
  select graphile_worker.add_jobs((
    select array_agg(row(d.task, d.payload, null, now(), 32767, null, 0, null)::graphile_worker.job_spec order by d.ord)
    from unnest(tasks, payloads) with ordinality d(task, payload, ord)))
$$;
comment on function rowlock_private.deliver(text[], json[]) is
  'Hands deliveries to the broker, each of one job or of a bundle, in this transaction.';
revoke execute on function rowlock_private.deliver(text[], json[]) from public;
grant execute on function rowlock_private.deliver(text[], json[]) to rowlock_owner;
set local role rowlock_owner;
revoke create on schema rowlock_private from rowlock_broker;

create function rowlock_private.dispatch(
  organizations uuid[], priorities smallint[], run_ats timestamptz[], ids uuid[],
  most_deliveries int[], most_jobs int[], bundles int[]
) returns table (organization_id uuid, jobs int, deliveries int, priority smallint, run_at text, id uuid, seen int, first uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  return query
  with asked as (
    select * from unnest(organizations, priorities, run_ats, ids, most_deliveries, most_jobs, bundles)
      with ordinality a(organization_id, priority, run_at, id, deliveries, jobs, bundle, ord)
  ), ready as materialized (
    select a.ord, a.deliveries, a.bundle, l.organization_id, l.id, l.priority, l.run_at, l.user_id, l.task,
           row_number() over (partition by a.ord order by l.priority, l.run_at, l.id) as n
    from asked a cross join lateral (
      -- From the key on, never from the front, where removed entries lie.
      select w.* from rowlock.live w
      where w.organization_id = a.organization_id and w.state = 'waiting'
        and (w.priority, w.run_at, w.id) > (a.priority, a.run_at, a.id)
      order by w.priority, w.run_at, w.id limit a.jobs
      for update skip locked) l
  ), sized as (
    -- At most some 60 ms of work in a bundle; little while it is not known how long the task takes.
    select r.*, case when t.bundle and t.kind = 'transactional'
      then greatest(1, least(r.bundle,
        -- Shared out among the deliveries there may be: the end of a backlog is not left to one hand.
        ceil(count(*) over (partition by r.ord)::real / r.deliveries)::int,
        coalesce(floor(60 / greatest(s.ms, 0.1)), 10)::int)) else 1 end as size
    from ready r
    left join rowlock.tasks t on t.name = r.task
    left join rowlock_private.task_speeds s on s.task = r.task
  ), chunked as (
    select z.*, (row_number() over (partition by z.ord, z.user_id, z.task order by z.n) - 1) / z.size as chunk from sized z
  ), placed as (
    select c.*, min(c.n) over (partition by c.ord, c.user_id, c.task, c.chunk) as head from chunked c
  ), ranked as (
    select p.*, dense_rank() over (partition by p.ord order by p.head) as rank from placed p
  ), cut as (
    -- What is taken is all up to a key: else the key could not move on.
    select k.ord, min(k.n) as n from ranked k where k.rank > k.deliveries group by k.ord
  ), taken as materialized (
    select k.* from ranked k left join cut c using (ord) where c.n is null or k.n < c.n
  ), made as materialized (
    select t.ord, t.head, t.task, rowlock.uuid7() as delivery, array_agg(t.id order by t.n) as ids
    from taken t group by t.ord, t.head, t.task order by min(t.n), t.ord
  ), marked as (
    update rowlock.live l set state = 'queued', delivery = m.delivery
    from taken t join made m on m.ord = t.ord and m.head = t.head
    where l.organization_id = t.organization_id and l.id = t.id
  ), handed as materialized (
    select rowlock_private.deliver(
      array_agg(m.task order by m.delivery),
      array_agg(case when cardinality(m.ids) = 1 then json_build_object('job', m.ids[1])
                else json_build_object('jobs', m.ids) end order by m.delivery)) as done
    from made m having count(*) > 0
  )
  select t.organization_id, count(*)::int, count(distinct t.head)::int,
         (array_agg(t.priority order by t.n desc))[1], (array_agg(t.run_at order by t.n desc))[1]::text,
         (array_agg(t.id order by t.n desc))[1], (select count(*) from ready r where r.ord = t.ord)::int,
         (select min(m.delivery::text)::uuid from made m where m.ord = t.ord)
  from taken t cross join handed group by t.ord, t.organization_id;
end $$;
comment on function rowlock_private.dispatch(uuid[], smallint[], timestamptz[], uuid[], int[], int[], int[]) is
  'Hands over: for each organization, ready jobs behind its key, at most so many deliveries and jobs, in bundles of at most so many. Returns the new keys.';
grant execute on function rowlock_private.dispatch(uuid[], smallint[], timestamptz[], uuid[], int[], int[], int[]) to rowlock_task;

create function rowlock_private.begin_jobs(ids uuid[], task text) returns table (
  id uuid, verdict text, organization_id uuid, user_id uuid, payload jsonb, key text, attempt smallint,
  max_attempts smallint, fence int, created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  locked rowlock.live[];
  first rowlock.live;
  one rowlock.live;
  begun uuid[];
  role text;
  reason text[];
begin
  if nullif(current_setting('rowlock.organization_id', true), '') is not null then
    raise exception 'This transaction already has claims.' using errcode = 'RL409';
  end if;
  select array_agg(y.l order by (y.l).id) into locked from (
    select l from rowlock.live l where l.id = any(ids) order by l.id for update skip locked) y;
  return query
    select i.id, case when exists (select from rowlock.live l where l.id = i.id) then 'held' else 'ended' end,
           null::uuid, null::uuid, null::jsonb, null::text, null::smallint, null::smallint, null::int, null::timestamptz
    from unnest(ids) i(id) where not exists (select from unnest(locked) k where k.id = i.id);
  select k.* into first from unnest(locked) k where k.state in ('queued', 'running') and k.task = begin_jobs.task
  order by k.id limit 1;
  -- A bundle is of one organization, user and task. Whatever else the broker's row names waits for its own turn.
  for one in
    select k.* from unnest(locked) k where k.state not in ('queued', 'running') or k.task <> begin_jobs.task
      or k.organization_id <> first.organization_id or k.user_id is distinct from first.user_id
  loop
    if one.state = 'queued' then
      update rowlock.live l set state = 'waiting', delivery = null
      where l.organization_id = one.organization_id and l.id = one.id;
    end if;
    id := one.id;
    verdict := case when one.state in ('queued', 'running') then 'held' else 'early' end;
    return next;
  end loop;
  if first.id is null then return; end if;

  select array_agg(k.id order by k.id) into begun from unnest(locked) k
  where k.state in ('queued', 'running') and k.task = begin_jobs.task
    and k.organization_id = first.organization_id and k.user_id is not distinct from first.user_id;
  role := case when first.user_id is null then 'system' else rowlock_private.member_role(first.organization_id, first.user_id) end;
  reason := case
    when role is null then array['NOT_A_MEMBER', 'Whoever launched this job is no longer a member of the organization.']
    when not rowlock_private.organization_is_active(first.organization_id)
      then array['ORGANIZATION_INACTIVE', 'The organization is suspended.'] end;
  if reason is not null then
    perform rowlock_private.end_job(k, 'cancelled', null, k.attempt, null, reason[1], reason[2])
    from unnest(locked) k where k.id = any(begun);
    return query select b.id, 'cancelled', null::uuid, null::uuid, null::jsonb, null::text, null::smallint,
      null::smallint, null::int, null::timestamptz from unnest(begun) b(id);
    return;
  end if;
  return query
    select k.id, 'run', k.organization_id, k.user_id, j.payload, k.key, (k.attempt + 1)::smallint, j.max_attempts,
           k.fence, rowlock.moment_of(k.id)
    from rowlock.job j join unnest(locked) k on k.id = j.id
    where j.organization_id = first.organization_id and j.id = any(begun)
      -- Said once more so that only the periods of these ids are opened.
      and j.id between begun[1] and begun[cardinality(begun)]
    order by k.priority, k.run_at, k.id;
  perform rowlock_private.set_claims(first.organization_id, first.user_id, role, 'task', null);
  perform set_config('rowlock.jobs', begun::text, true);
end $$;
comment on function rowlock_private.begin_jobs(uuid[], text) is
  'As begin_job for a bundle: locks the jobs in order of their ids, checks once who launched them and sets the claims of this transaction from their rows. They stay locked to its end.';
grant execute on function rowlock_private.begin_jobs(uuid[], text) to rowlock_task;

create function rowlock_private.end_jobs(
  done uuid[], started timestamptz[], results jsonb[], failed jsonb, unbegun uuid[], stopping boolean
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  mine uuid[] := rowlock_private.claim('jobs')::uuid[];
  organization uuid := rowlock_private.claim('organization_id')::uuid;
  ended int;
  failure record;
begin
  if mine is null or organization is null then
    raise exception 'These jobs were not begun in this transaction.' using errcode = 'RL407',
      hint = 'A task must not end the transaction it was given.';
  end if;
  if not (done || unbegun) <@ mine then
    raise exception 'This transaction belongs to other jobs.' using errcode = 'RL408';
  end if;
  with gone as (
    delete from rowlock.live l using unnest(done, started, results) d(id, started_at, result)
    where l.organization_id = organization and l.id = d.id and l.state in ('queued', 'running')
    returning l.*, d.started_at as begun_at, d.result
  )
  insert into rowlock.job_end (organization_id, id, run_at, started_at, priority, attempt, state, task, key, result)
  select g.organization_id, g.id, g.run_at, coalesce(g.started_at, g.begun_at), g.priority,
         g.attempt + (g.state <> 'running')::int, 'succeeded', g.task, g.key, g.result
  from gone g order by g.id;
  get diagnostics ended = row_count;
  if ended <> cardinality(done) then
    raise exception 'A job of the bundle is no longer held.' using errcode = 'RL430';
  end if;
  for failure in
    select * from jsonb_to_recordset(failed) as f(
      id uuid, fence int, started_at timestamptz, code text, message text, retry_at timestamptz, counts boolean)
  loop
    if not failure.id = any(mine) then
      raise exception 'This transaction belongs to other jobs.' using errcode = 'RL408';
    end if;
    perform set_config('rowlock.job_id', failure.id::text, true);
    perform rowlock_private.fail_job(failure.id, failure.fence, failure.started_at, failure.code, failure.message,
      failure.retry_at, failure.counts);
  end loop;
  if cardinality(unbegun) = 0 then return; end if;
  if stopping then
    insert into rowlock.job_events (organization_id, job_id, kind, attempt, code, message)
    select l.organization_id, l.id, 'handed_back', l.attempt + 1, 'WORKER_STOPPING',
           'The worker stopped; the job runs elsewhere. The attempt does not count.'
    from rowlock.live l where l.organization_id = organization and l.id = any(unbegun);
  end if;
  update rowlock.live l set state = 'waiting', delivery = null, fence = l.fence + 1, crashes = 0
  where l.organization_id = organization and l.id = any(unbegun);
  perform pg_notify('rowlock:dispatch', organization::text);
end $$;
comment on function rowlock_private.end_jobs(uuid[], timestamptz[], jsonb[], jsonb, uuid[], boolean) is
  'Ends the jobs of a bundle in the transaction that began them: those that succeeded, those that failed (as fail_job), and those whose turn did not come, which wait again.';
grant execute on function rowlock_private.end_jobs(uuid[], timestamptz[], jsonb[], jsonb, uuid[], boolean) to rowlock_task;
