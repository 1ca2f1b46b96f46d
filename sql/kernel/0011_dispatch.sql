-- Fair dispatch: jobs wait in rowlock.live, and one dispatcher hands over a little more than the workers can chew, by
-- weighted shares. Bundles: several small transactional jobs of one organization, user and task in one transaction.

create table rowlock_private.dispatch_state (
  one boolean primary key default true check (one),
  busy boolean not null,
  seen_at timestamptz
);
comment on table rowlock_private.dispatch_state is
  'One row: whether jobs wait, and when a dispatcher was last there (null: never). Launches read it; the dispatcher writes it twice a second and when it changes.';
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
  -- The first times are those of cold connections.
  select u.task, least(u.ms, (u.ms + 5) / 2) from unnest(note_speeds.tasks, note_speeds.ms) u(task, ms) order by u.task
  -- Faster is believed at once: slower may have been the machine.
  on conflict (task) do update set ms = least(excluded.ms, (s.ms + excluded.ms) / 2);
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

create function rowlock_private.set_busy(busy boolean, leaving boolean default false) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform rowlock_private.require_dispatcher();
  update rowlock_private.dispatch_state s set busy = set_busy.busy, seen_at = case when leaving then '-infinity' else now() end;
  return (select s.busy from rowlock_private.dispatch_state s);
end $$;
comment on function rowlock_private.set_busy(boolean, boolean) is 'Tells launches that a dispatcher is there, or takes its leave, and whether jobs wait.';
grant execute on function rowlock_private.set_busy(boolean, boolean) to rowlock_task;

create function rowlock_private.dispatch_policies() returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform rowlock_private.require_dispatcher();
  return jsonb_build_object(
    'version', (select v.version from rowlock_private.policies_version v),
    'organizations', (select coalesce(jsonb_agg(jsonb_build_object('id', p.organization_id, 'weight', p.weight,
      'maxRunning', p.max_running, 'rateJobs', p.rate_jobs, 'rateMs', p.rate_ms, 'paused', p.paused)), '[]')
      from rowlock.policies p),
    'tasks', (select coalesce(jsonb_agg(jsonb_build_object('id', p.task,
      'maxRunning', p.max_running, 'rateJobs', p.rate_jobs, 'rateMs', p.rate_ms, 'paused', p.paused)), '[]')
      from rowlock.task_policies p),
    'keys', (select coalesce(jsonb_agg(jsonb_build_object('task', t.name, 'limit', t.concurrency_limit)), '[]')
      from rowlock.tasks t where t.concurrency_limit is not null),
    'pauses', (select coalesce(jsonb_agg(jsonb_build_object('organization', x.organization_id, 'task', x.task)), '[]')
      from rowlock.pauses x),
    'hands', (select coalesce(sum(w.concurrency), 0) from rowlock_private.workers w
      where w.seen_at > now() - interval '10 seconds'));
end $$;
comment on function rowlock_private.dispatch_policies() is
  'What the dispatcher goes by: policies of organizations and tasks, limits by key, and the hands of all living workers.';
grant execute on function rowlock_private.dispatch_policies() to rowlock_task;

create type rowlock_private.ready as (
  organization_id uuid, lane text, priority smallint, run_at text, id uuid, found int, last uuid, next_due timestamptz,
  snapshot text);
comment on type rowlock_private.ready is
  'The first ready job of a queue (organization, lane, priority). run_at is text, to the microsecond; found, last and snapshot tell how far a look came, next_due when to look again.';

create function rowlock_private.make_due(since timestamptz, most int default 1000) returns setof rowlock_private.ready
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_sort = off -- plans made while the table was small are kept when it is large
as $$
declare
  moment timestamptz := rowlock_private.clock();
begin
  perform rowlock_private.require_dispatcher();
  return query
  with due as (
    select l.id from rowlock.live l
    where l.state = 'scheduled' and l.run_at <= moment and l.run_at >= coalesce(since, '-infinity')
    order by l.run_at limit most for update skip locked
  ), made as (
    update rowlock.live l set state = 'waiting' where l.id = any(array(select d.id from due d))
    returning l.organization_id, l.lane, l.priority, l.run_at, l.id
  )
  (select distinct on (m.organization_id, m.lane, m.priority)
          m.organization_id, m.lane, m.priority, m.run_at::text, m.id,
          (select count(*) from made)::int, null::uuid, null::timestamptz, null::text
   from made m order by m.organization_id, m.lane, m.priority, m.run_at, m.id)
  union all
  select null, null, null, null, null, null, null, (
    select l.run_at from rowlock.live l where l.state = 'scheduled' and l.run_at > moment order by l.run_at limit 1), null;
end $$;
comment on function rowlock_private.make_due(timestamptz, int) is
  'Makes scheduled jobs whose time has come ready; the first of each queue, and in a last row when the next is due.';
grant execute on function rowlock_private.make_due(timestamptz, int) to rowlock_task;

create function rowlock_private.landed(since uuid, seen text, most int default 2000) returns setof rowlock_private.ready
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_sort = off -- plans made while the table was small are kept when it is large
as $$
#variable_conflict use_column
declare
  -- Rows carry the lower half of a transaction's number; those looked at are young.
  epoch bigint := (pg_snapshot_xmax(pg_current_snapshot())::text::bigint >> 32) << 32;
  -- "from:{numbers}": what was below the first had ended by the last look, and of those from there on it saw these. Not
  -- pg_visible_in_snapshot(): it takes the number of a savepoint for one that has ended.
  open_from bigint := split_part(seen, ':', 1)::bigint;
  met bigint[] := split_part(seen, ':', 2)::bigint[];
begin
  perform rowlock_private.require_dispatcher();
  return query
  with fresh as materialized (
    -- By id, the order of launch: the planner must not go through all that waits.
    select l.organization_id, l.lane, l.priority, l.run_at, l.id, l.state, epoch + l.xmin::text::bigint as tx
    from rowlock.live l where l.id > since order by l.id limit most
  ), first as (
    select distinct on (f.organization_id, f.lane, f.priority) f.organization_id, f.lane, f.priority, f.run_at, f.id
    from fresh f
    -- What committed since the last look, and nothing twice, however late it committed.
    where f.state = 'waiting' and (seen is null or f.tx >= open_from and f.tx not in (select m from unnest(met) m))
    order by f.organization_id, f.lane, f.priority, f.run_at, f.id
  )
  select f.organization_id, f.lane, f.priority, f.run_at::text, f.id, null::int, null::uuid, null::timestamptz, null::text
  from first f
  union all
  select null, null, null, null, null, (select count(*) from fresh)::int,
         -- Not the last that was found: while nothing lands, the look moves on with the clock.
         case when (select count(*) from fresh) = most then (select f.id from fresh f order by f.id desc limit 1)
           else rowlock.uuid7() end, null,
         concat(o.number, ':', array(select distinct f.tx from fresh f where f.tx >= o.number))
  from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as number) o;
end $$;
comment on function rowlock_private.landed(uuid, text, int) is
  'What was launched since, committed since the last look, and waits: the first of each queue; and in a last row how much was passed, the last of it, and what the next look is to be told of this one.';
grant execute on function rowlock_private.landed(uuid, text, int) to rowlock_task;

grant create on schema rowlock_private to rowlock_broker;
set local role rowlock_broker;
create function rowlock_private.deliveries(ours text[], known bigint[], above bigint default 0) returns table (id bigint, jobs uuid[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select j.id, case when j.payload ->> 'job' is not null then array[(j.payload ->> 'job')::uuid]
           else (select array_agg(p.id::uuid) from json_array_elements_text(j.payload -> 'jobs') p(id)) end
  from graphile_worker._private_jobs j
  -- From a number on, by the index: below it may lie the dead of hours, while some transaction stays open.
  where j.id > above and j.task_id in (select t.id from graphile_worker._private_tasks t where t.identifier = any(ours))
    and (known is null or j.id <> all(known))
$$;
comment on function rowlock_private.deliveries(text[], bigint[], bigint) is
  'What the broker has of our tasks, with numbers above the given one, and which jobs each delivery names; except the known ones.';
revoke execute on function rowlock_private.deliveries(text[], bigint[], bigint) from public;
grant execute on function rowlock_private.deliveries(text[], bigint[], bigint) to rowlock_owner;
create function rowlock_private.gone(known bigint[]) returns setof bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- plans made while the table was small are kept when it is large
as $$
  select k.id from unnest(known) k(id)
  where not exists (select from graphile_worker._private_jobs j where j.id = k.id)
$$;
comment on function rowlock_private.gone(bigint[]) is 'Those of these deliveries that have ended.';
revoke execute on function rowlock_private.gone(bigint[]) from public;
grant execute on function rowlock_private.gone(bigint[]) to rowlock_owner;
set local role rowlock_owner;
revoke create on schema rowlock_private from rowlock_broker;

create function rowlock_private.ended_deliveries(known bigint[]) returns setof bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform rowlock_private.require_dispatcher();
  return query select rowlock_private.gone(known);
end $$;
comment on function rowlock_private.ended_deliveries(bigint[]) is 'Those of the dispatcher''s deliveries that have ended.';
grant execute on function rowlock_private.ended_deliveries(bigint[]) to rowlock_task;

create function rowlock_private.unknown_deliveries(known bigint[], above bigint default 0) returns table (
  delivery bigint, organization_id uuid, lane text, priority smallint, run_at text, id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- plans made while the table was small are kept when it is large
as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  return query
  select d.id, l.organization_id, l.lane, l.priority,
         case when l.state = 'waiting' then l.run_at::text end, case when l.state = 'waiting' then l.id end
  from rowlock_private.deliveries(array(select t.name from rowlock.tasks t), known, above) d
  cross join lateral (
    select x.* from unnest(d.jobs) j(id) cross join lateral (select v.* from rowlock.live v where v.id = j.id limit 1) x
    order by x.state = 'waiting' desc, x.run_at desc, x.id desc limit 1) l;
end $$;
comment on function rowlock_private.unknown_deliveries(bigint[], bigint) is
  'What the broker has, with numbers above the given one, that the dispatcher does not know: handed over by a launch, or by the dispatcher before it; then also the furthest place of a job in it that waits.';
grant execute on function rowlock_private.unknown_deliveries(bigint[], bigint) to rowlock_task;

create table rowlock_private.rate_slots (
  job_id uuid not null,
  fence int not null,
  organization_id uuid not null,
  task text not null,
  at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  primary key (job_id, fence)
);
comment on table rowlock_private.rate_slots is
  'Starts of jobs under a rate, of the organization or of the task. A slot is taken when the job is handed over and free again one interval after the job was seen to have started; until then started_at is null.';
create index rate_slots_open on rowlock_private.rate_slots (job_id, fence) where started_at is null;
alter table rowlock_private.rate_slots enable row level security, force row level security;
create policy owner_all on rowlock_private.rate_slots to rowlock_owner using (true) with check (true);

create function rowlock_private.rate_slots_used(whole boolean) returns table (
  organization_id uuid, task text, jobs int, started_ms_ago float8)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- plans made while the table was small are kept when it is large
as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  if whole then
    -- A minute longer than any interval: what is asked for here is the whole of what still counts.
    delete from rowlock_private.rate_slots s where s.started_at < now() - interval '1 minute'
      - coalesce(greatest((select p.rate_ms from rowlock.policies p where p.organization_id = s.organization_id),
          (select p.rate_ms from rowlock.task_policies p where p.task = s.task)), 0) * interval '1 millisecond';
  end if;
  return query
  with begun as (
    update rowlock_private.rate_slots s set started_at = clock_timestamp()
    where s.started_at is null and (
      -- Never before it began: of a transactional job only the end is seen.
      (select l.id from rowlock.live l where l.id = s.job_id and l.fence = s.fence and l.state <> 'running' limit 1) is null
      -- It waits, and the broker has it no longer: its delivery was lost, or ended without it.
      or s.at < now() - interval '10 seconds' and s.job_id not in (
        select j from rowlock_private.deliveries(array(select t.name from rowlock.tasks t), null) d, unnest(d.jobs) j))
    returning s.job_id, s.fence, s.organization_id, s.task, s.started_at)
  select b.organization_id, b.task, count(*)::int, 0::float8 from begun b where not whole group by 1, 2
  union all
  select s.organization_id, s.task, count(*)::int, null from rowlock_private.rate_slots s
  where s.started_at is null and not exists (select from begun b where b.job_id = s.job_id and b.fence = s.fence) group by 1, 2
  union all
  -- Those that started together count from the last of them.
  select s.organization_id, s.task, count(*)::int, min(s.ms_ago)
  from (
    select s.organization_id, s.task, extract(epoch from clock_timestamp() - s.started_at)::float8 * 1000 as ms_ago
    from rowlock_private.rate_slots s where s.started_at is not null
    union all
    select b.organization_id, b.task, 0 from begun b) s
  left join rowlock.policies o on o.organization_id = s.organization_id
  left join rowlock.task_policies t on t.task = s.task
  where whole
  group by 1, 2, floor(s.ms_ago * 100 / least(o.rate_ms, t.rate_ms));
end $$;
comment on function rowlock_private.rate_slots_used(boolean) is
  'Slots of jobs that have not been seen to start (started_ms_ago null), those that were just seen to have started, and, if the whole is asked for, all that started within their interval, by hundredths of it.';
grant execute on function rowlock_private.rate_slots_used(boolean) to rowlock_task;

create function rowlock_private.waiting_fronts(after rowlock_private.ready, most int, above bigint default 0) returns setof rowlock_private.ready
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_sort = off -- plans made while the table was small are kept when it is large
set plan_cache_mode = force_custom_plan -- with the list below as a constant, it is hashed
as $$
#variable_conflict use_column
declare
  handed uuid[];
begin
  perform rowlock_private.require_dispatcher();
  select coalesce(array_agg(j), '{}') into handed
  from rowlock_private.deliveries(array(select t.name from rowlock.tasks t), null, above) d, unnest(d.jobs) j;
  return query
  with recursive queues as (
    (select l.organization_id, l.lane, l.priority, 1 as n from rowlock.live l
     where l.state = 'waiting' and (l.organization_id, l.lane, l.priority) >
       (coalesce(after.organization_id, '00000000-0000-0000-0000-000000000000'), coalesce(after.lane, ''), coalesce(after.priority, -32768))
     order by l.organization_id, l.lane, l.priority limit 1)
    union all
    select n.*, q.n + 1 from queues q cross join lateral (
      select l.organization_id, l.lane, l.priority from rowlock.live l
      where l.state = 'waiting' and (l.organization_id, l.lane, l.priority) > (q.organization_id, q.lane, q.priority)
      order by l.organization_id, l.lane, l.priority limit 1) n
    where q.n < most)
  select q.organization_id, q.lane, q.priority, f.run_at::text, f.id, q.n, null::uuid, null::timestamptz, null::text
  from queues q left join lateral (
    select l.run_at, l.id from rowlock.live l
    where l.state = 'waiting' and l.organization_id = q.organization_id and l.lane = q.lane and l.priority = q.priority
      and l.id <> all(handed)
    order by l.run_at, l.id limit 1) f on true
  order by q.n;
end $$;
comment on function rowlock_private.waiting_fronts(rowlock_private.ready, int, bigint) is
  'Through all that waits, whatever was missed, so many queues at a time: from one queue to the next through the index, for each its first job that the broker does not have (null: it has them all); no delivery has a number of above or less.';
grant execute on function rowlock_private.waiting_fronts(rowlock_private.ready, int, bigint) to rowlock_task;

create function rowlock_private.move_to_lane(id uuid, task rowlock.tasks) returns text
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  l rowlock.live;
  rightful text;
begin
  -- One that is held is with a worker already; who waits for it here keeps all others waiting.
  select * into l from rowlock.live w where w.id = move_to_lane.id and w.state = 'waiting' for update skip locked;
  if not found then return null; end if;
  rightful := rowlock_private.lane_of(task, true,
    (select j.payload from rowlock.job j where j.organization_id = l.organization_id and j.id = l.id));
  update rowlock.live w set lane = rightful where w.organization_id = l.organization_id and w.id = l.id;
  return rightful;
end $$;
comment on function rowlock_private.move_to_lane(uuid, rowlock.tasks) is
  'Moves a job that waits to where it is counted, when a limit is younger than its launch. Returns where it went; null when it is held.';

create function rowlock_private.dispatch(
  organizations uuid[], lanes text[], priorities smallint[], run_ats timestamptz[], ids uuid[],
  most_deliveries int[], most_jobs int[], bundles int[], rated boolean[], rewound boolean, policies bigint
) returns table (
  ord int, jobs int, run_at text, id uuid, more boolean, size int, deliveries text, misplaced text[])
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_sort = off -- plans made while the table was small are kept when it is large
as $$
#variable_conflict use_column
declare
  handed uuid[] := '{}';
  tasks_paused boolean := exists (select from rowlock.pauses x where x.task <> '');
begin
  perform rowlock_private.require_dispatcher();
  if rewound then
    -- Behind a queue's key there may be jobs that the broker has.
    select coalesce(array_agg(j), '{}') into handed
    from rowlock_private.deliveries(array(select t.name from rowlock.tasks t), null) d, unnest(d.jobs) j;
  end if;
  return query
  with asked as (
    select * from unnest(organizations, lanes, priorities, run_ats, ids, most_deliveries, most_jobs, bundles, rated)
      with ordinality a(organization_id, lane, priority, run_at, id, deliveries, jobs, bundle, rated, ord)
    -- Whoever sees a job sees the policy that was there before it.
    where policies = (select v.version from rowlock_private.policies_version v)
  ), found as materialized (
    select a.ord, a.deliveries, a.bundle, a.rated, l.organization_id, l.id, l.run_at, l.user_id, l.task, l.fence, l.n
    from asked a cross join lateral (
      -- From the key on, never from the front, where removed entries lie.
      select w.organization_id, w.id, w.run_at, w.user_id, w.task, w.fence, row_number() over (order by w.run_at, w.id) as n
      from rowlock.live w
      where w.organization_id = a.organization_id and w.state = 'waiting' and w.lane = a.lane and w.priority = a.priority
        and (w.run_at, w.id) > (a.run_at, a.id) and (not rewound or w.id not in (select h from unnest(handed) h))
      order by w.run_at, w.id limit a.jobs) l
  ), known as materialized (
    select t.name, p.task is not null or t.concurrency_path is not null as limited, t.concurrency_path is not null as keyed,
      -- Some 150 ms of work in a delivery, and little while it is not known how long the task takes. It may be too much:
      -- a delivery has its time, and what was not begun by then waits for another. What takes long goes singly; now and
      -- then two by two, since it may seem long only for what comes around each delivery while all hands are at it.
      case when t.kind = 'long' then 1
        when s.ms > 30 then 1 + (extract(epoch from now()) * 2 % 5 < 1)::int
        else coalesce(ceil(150 / greatest(s.ms, 0.1)), 10)::int end as size,
      t as task
    from rowlock.tasks t
    left join rowlock_private.task_speeds s on s.task = t.name
    left join rowlock.task_policies p on p.task = t.name
  ), sized as (
    select f.*, greatest(1, least(f.bundle, coalesce(k.size, 1),
      -- Shared out among the deliveries there may be: the end of a backlog is not left to one hand.
      ceil(count(*) over (partition by f.ord)::real / f.deliveries)::int)) as size,
      greatest(1, least(f.bundle, coalesce(k.size, 1))) as most,
      a.lane = '' and (k.limited or tasks_paused and exists (
        select from rowlock.pauses x where x.organization_id = f.organization_id and x.task = f.task))
        or k.keyed and a.lane = f.task as misplaced
    from found f join asked a using (ord) left join known k on k.name = f.task
  ), chunked as (
    select z.*, (row_number() over (partition by z.ord, z.user_id, z.task order by z.n) - 1) / z.size as chunk
    from sized z where z.misplaced is not true
  ), placed as (
    select c.*, min(c.n) over (partition by c.ord, c.user_id, c.task, c.chunk) as head from chunked c
  ), ranked as (
    select p.*, dense_rank() over (partition by p.ord order by p.head) as rank from placed p
  ), cut as (
    -- What is taken is all up to a key: else the key could not move on.
    select k.ord, min(k.n) as n from ranked k where k.rank > k.deliveries group by k.ord
  ), taken as materialized (
    select r.* from ranked r left join cut c using (ord) where c.n is null or r.n < c.n
  ), slots as (
    insert into rowlock_private.rate_slots (job_id, organization_id, task, fence)
    select t.id, t.organization_id, t.task, t.fence from taken t where t.rated
    -- Handed over once more: it starts later than it was thought to.
    on conflict (job_id, fence) do update set at = excluded.at, started_at = null
  ), made as materialized (
    select t.ord, t.head, t.task, array_agg(t.id order by t.n) as ids from taken t group by t.ord, t.head, t.task
  ), handed_over as materialized (
    -- All deliveries of a task in one call; their numbers come back in the order in which they went.
    select g.task, h.id as delivery, h.nth
    from (select m.task, array_agg(case when cardinality(m.ids) = 1 then json_build_object('job', m.ids[1])
            else json_build_object('jobs', m.ids) end order by m.head, m.ord) as payloads from made m group by m.task) g
    cross join lateral rowlock_private.deliver(g.task, g.payloads) with ordinality h(id, nth)
  ), numbered as (
    select m.ord, cardinality(m.ids) as jobs, h.delivery
    from (select m.*, row_number() over (partition by m.task order by m.head, m.ord) as nth from made m) m
    join handed_over h on h.task = m.task and h.nth = m.nth
  ), moved as materialized (
    select z.ord, rowlock_private.move_to_lane(z.id, k.task) as lane
    from sized z join known k on k.name = z.task where z.misplaced
  ), last as (
    select distinct on (z.ord) z.ord, z.run_at, z.id from sized z left join cut c using (ord)
    where c.n is null or z.n < c.n order by z.ord, z.n desc
  )
  select a.ord::int, coalesce(n.jobs, 0)::int, x.run_at::text, x.id,
         exists (select from cut c where c.ord = a.ord) or (select count(*) from found f where f.ord = a.ord) = a.jobs,
         (select max(z.most) from sized z where z.ord = a.ord),
         n.deliveries, (select array_agg(distinct m.lane) from moved m where m.ord = a.ord and m.lane is not null)
  from asked a
  left join last x on x.ord = a.ord
  left join (
    select d.ord, sum(d.jobs) as jobs, string_agg(d.delivery || ':' || d.jobs, ',') as deliveries
    from numbered d group by d.ord) n on n.ord = a.ord
  order by a.ord;
end $$;
comment on function rowlock_private.dispatch(uuid[], text[], smallint[], timestamptz[], uuid[], int[], int[], int[], boolean[], boolean, bigint) is
  'Hands over: for each queue (organization, lane, priority), ready jobs behind its key, at most so many deliveries and jobs, several of a user and task in one delivery. Returns for each the new key, how many were taken, whether there may be more, the deliveries as "number:jobs", and the lanes to which jobs under a newer limit went; nothing if policies are no longer those of that number.';
grant execute on function rowlock_private.dispatch(uuid[], text[], smallint[], timestamptz[], uuid[], int[], int[], int[], boolean[], boolean, bigint) to rowlock_task;

create function rowlock_private.begin_jobs(ids uuid[], task text) returns table (
  id uuid, verdict text, organization_id uuid, user_id uuid, payload jsonb, key text, attempt smallint,
  max_attempts smallint, fence int, created_at timestamptz, deadline_ms float8)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- plans made while the table was small are kept when it is large
set plan_cache_mode = force_generic_plan -- planning through all periods takes longer than the look-up
as $$
#variable_conflict use_column
declare
  -- Those of the jobs that could be locked, by time; each array one column.
  locked uuid[];
  organizations uuid[];
  launchers uuid[];
  attempts smallint[];
  fences int[];
  deadlines timestamptz[];
  fit boolean[];
  organization uuid;
  launcher uuid;
  begun uuid[];
  role text;
  reason text[];
  ignored text;
  moment timestamptz := rowlock_private.clock();
begin
  if nullif(current_setting('rowlock.organization_id', true), '') is not null then
    raise exception 'This transaction already has claims.' using errcode = 'RL409';
  end if;
  select array_agg(h.id), array_agg(h.organization_id), array_agg(h.user_id), array_agg(h.attempt), array_agg(h.fence),
         array_agg(h.deadline_at), array_agg(h.state in ('waiting', 'queued', 'running') and h.task = begin_jobs.task
           and coalesce(h.deadline_at > moment, true))
  into locked, organizations, launchers, attempts, fences, deadlines, fit
  from (
    select l.* from (select x.* from rowlock.live x where x.id = any(ids) order by x.id for update skip locked) l
    order by l.run_at, l.id) h;
  -- A bundle is of one organization and user. Whatever else the broker's row names waits for its own turn.
  organization := organizations[array_position(fit, true)];
  launcher := launchers[array_position(fit, true)];
  if cardinality(locked) = cardinality(ids) and array_position(fit, false) is null
    and array_remove(organizations, organization) = '{}' and array_remove(launchers, launcher) = '{}' then
    begun := locked;
  else
    select array_agg(h.id order by h.ord), array_agg(h.attempt order by h.ord), array_agg(h.fence order by h.ord),
           array_agg(h.deadline order by h.ord)
    into begun, attempts, fences, deadlines
    from unnest(locked, organizations, launchers, attempts, fences, deadlines, fit) with ordinality
      h(id, organization_id, user_id, attempt, fence, deadline, fits, ord)
    where h.fits and h.organization_id = organization and h.user_id is not distinct from launcher;
    -- What was handed over by a launch and does not fit goes back; what waits does so anyhow.
    update rowlock.live l set state = 'waiting'
    where l.id = any(locked) and l.state = 'queued' and l.id <> all(coalesce(begun, '{}'));
    return query
      select i.id, case when l.id is null then 'ended' when l.state = 'scheduled' or l.state = 'blocked' then 'early' else 'held' end,
             null::uuid, null::uuid, null::jsonb, null::text, null::smallint, null::smallint, null::int, null::timestamptz, null::float8
      from unnest(ids) i(id) left join lateral (select x.id, x.state from rowlock.live x where x.id = i.id limit 1) l on true
      where i.id <> all(coalesce(begun, '{}'));
    if begun is null then return; end if;
  end if;

  role := case when launcher is null then 'system' else rowlock_private.member_role(organization, launcher) end;
  reason := case
    when role is null then array['NOT_A_MEMBER', 'Whoever launched this job is no longer a member of the organization.']
    when not rowlock_private.organization_is_active(organization)
      then array['ORGANIZATION_INACTIVE', 'The organization is suspended.'] end;
  if reason is not null then
    perform rowlock_private.end_job(l, 'cancelled', null, l.attempt, null, reason[1], reason[2])
    from rowlock.live l where l.id = any(begun);
    return query select b.id, 'cancelled', null::uuid, null::uuid, null::jsonb, null::text, null::smallint,
      null::smallint, null::int, null::timestamptz, null::float8 from unnest(begun) b(id);
    return;
  end if;
  if exists (select from rowlock.cancellations c where c.organization_id = organization and c.job_id = any(begun)) then
    return query
      with gone as (
        select k.id, rowlock_private.end_job(l, 'cancelled', null, l.attempt, null, 'CANCELLED', c.reason)
        from unnest(begun) k(id)
        join rowlock.cancellations c on c.organization_id = organization and c.job_id = k.id
        join rowlock.live l on l.organization_id = organization and l.id = k.id)
      select g.id, 'cancelled', null::uuid, null::uuid, null::jsonb, null::text, null::smallint, null::smallint, null::int,
             null::timestamptz, null::float8 from gone g;
    select array_agg(k.id order by k.ord), array_agg(k.attempt order by k.ord), array_agg(k.fence order by k.ord),
           array_agg(k.deadline order by k.ord)
    into begun, attempts, fences, deadlines
    from unnest(begun, attempts, fences, deadlines) with ordinality k(id, attempt, fence, deadline, ord)
    where not exists (select from rowlock.cancellations c where c.organization_id = organization and c.job_id = k.id);
    if begun is null then return; end if;
  end if;
  return query
    select k.id, 'run', organization, launcher, j.payload, j.key, (k.attempt + 1)::smallint, j.max_attempts,
           k.fence, rowlock.moment_of(k.id), extract(epoch from k.deadline - moment)::float8 * 1000
    from unnest(begun, attempts, fences, deadlines) with ordinality k(id, attempt, fence, deadline, ord)
    cross join lateral (
      -- One by one: as a join the planner reads all jobs of the organization.
      select x.payload, x.key, x.max_attempts from rowlock.job x
      where x.organization_id = organization and x.id = k.id limit 1) j
    order by k.ord;
  perform rowlock_private.set_claims(organization, launcher, role, 'task', null);
  ignored := set_config('rowlock.jobs', begun::text, true);
end $$;
comment on function rowlock_private.begin_jobs(uuid[], text) is
  'As begin_job for a bundle: locks the jobs in order of their ids, checks once who launched them and sets the claims of this transaction from their rows. They stay locked to its end.';
grant execute on function rowlock_private.begin_jobs(uuid[], text) to rowlock_task;

create function rowlock_private.end_jobs(
  done uuid[], started timestamptz[], results jsonb[], failed jsonb, unbegun uuid[], stopping boolean
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- plans made while the table was small are kept when it is large
set plan_cache_mode = force_generic_plan -- planning through all periods takes longer than the look-up
as $$
declare
  mine uuid[] := rowlock_private.claim('jobs')::uuid[];
  organization uuid := rowlock_private.claim('organization_id')::uuid;
  ended int;
  batches uuid[];
  followed uuid[];
  failure record;
begin
  if mine is null or organization is null then
    raise exception 'These jobs were not begun in this transaction.' using errcode = 'RL407',
      hint = 'A task must not end the transaction it was given.';
  end if;
  if not (done || unbegun) <@ mine then
    raise exception 'This transaction belongs to other jobs.' using errcode = 'RL408';
  end if;
  perform rowlock_private.refuse_cancelled(organization, done);
  with gone as (
    delete from rowlock.live l
    where l.id = any(done) and l.organization_id = organization and l.state in ('waiting', 'queued', 'running')
    returning l.*
  ), ends as (
    insert into rowlock.job_end (organization_id, id, run_at, started_at, batch_id, priority, attempt, state, task, key, result)
    select g.organization_id, g.id, g.run_at, coalesce(g.started_at, started[d.n]), g.batch_id, g.priority,
           g.attempt + (g.state <> 'running')::int, 'succeeded', g.task, g.key, results[d.n]
    from gone g cross join lateral (select array_position(done, g.id) as n) d
  )
  select count(*), array_agg(distinct g.batch_id) filter (where g.batch_id is not null), array_agg(g.id) filter (where g.followed)
  into ended, batches, followed from gone g;
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
  if cardinality(unbegun) > 0 and stopping then
    insert into rowlock.job_events (organization_id, job_id, kind, attempt, code, message)
    select l.organization_id, l.id, 'handed_back', l.attempt + 1, 'WORKER_STOPPING',
           'The worker stopped; the job runs elsewhere. The attempt does not count.'
    from rowlock.live l where l.organization_id = organization and l.id = any(unbegun);
  end if;
  if cardinality(unbegun) > 0 then
    -- Those that waited wait on, untouched.
    update rowlock.live l set state = 'waiting', fence = l.fence + 1, crashes = 0
    where l.organization_id = organization and l.id = any(unbegun) and l.state <> 'waiting';
    if stopping then perform pg_notify('rowlock:dispatch', organization::text); end if;
  end if;
  if followed is not null then perform rowlock_private.settle_followers(organization, followed); end if;
  -- Last of all: whoever holds a batch's lock keeps the ends of its other jobs waiting.
  if batches is not null then perform rowlock_private.settle_batches(organization, batches); end if;
end $$;
comment on function rowlock_private.end_jobs(uuid[], timestamptz[], jsonb[], jsonb, uuid[], boolean) is
  'Ends the jobs of a bundle in the transaction that began them: those that succeeded, those that failed (as fail_job), and those whose turn did not come, which wait again.';
grant execute on function rowlock_private.end_jobs(uuid[], timestamptz[], jsonb[], jsonb, uuid[], boolean) to rowlock_task;

create function rowlock_private.put_off(ids uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- plans made while the table was small are kept when it is large
as $$
begin
  perform rowlock_private.require_dispatcher();
  perform pg_notify('rowlock:dispatch', l.organization_id::text)
  from rowlock.live l where l.id = any(ids) group by l.organization_id;
end $$;
comment on function rowlock_private.put_off(uuid[]) is
  'The time of a delivery is up before the turn of these jobs: they wait on, untouched, and the dispatcher is told to look for them.';
grant execute on function rowlock_private.put_off(uuid[]) to rowlock_task;
