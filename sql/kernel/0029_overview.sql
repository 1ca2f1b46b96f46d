-- An organization's jobs at a glance: what ended in which minute, and how long jobs waited and ran.
--   a minute that is over is read from job_end once, by a worker, and kept as one row an organization; those since are
--   read from job_end when somebody asks. The transactions that end jobs have no part in it
--   so what is kept is derived: it can be derived again, and is, some minutes later, for whoever was slow to commit
-- See docs/adr/0014-minutes-rolled-up.md.

-- Nearly free: rows are only ever appended, in the order of this column, and a million take some pages.
create index job_end_finished on rowlock.job_end using brin (finished_at) with (pages_per_range = 32, autosummarize = on);

create table rowlock.ended_minutes (
  organization_id uuid not null,
  minute timestamptz not null,
  succeeded int not null,
  failed int not null,
  cancelled int not null,
  wait int[] not null,
  run int[] not null,
  primary key (organization_id, minute)
);
comment on table rowlock.ended_minutes is '@behavior -*
Jobs that ended in a minute, counted from job_end when it was over. wait, run: how many waited and ran for how long, by rowlock_private.bucket, from bucket 1.';
create index ended_minutes_minute on rowlock.ended_minutes (minute);
select rowlock.protect_table('rowlock.ended_minutes', write_role => null);
grant select on rowlock.ended_minutes to rowlock_tenant;

create table rowlock_private.rolled_minutes (
  one boolean primary key default true check (one),
  rolled_to timestamptz not null
);
comment on table rowlock_private.rolled_minutes is 'One row: all minutes before it are kept in ended_minutes.';
alter table rowlock_private.rolled_minutes enable row level security, force row level security;
create policy owner_all on rowlock_private.rolled_minutes to rowlock_owner using (true) with check (true);
insert into rowlock_private.rolled_minutes (rolled_to) values (date_trunc('minute', now()) - interval '1 day');

create function rowlock_private.bucket(duration interval) returns int
language sql immutable parallel safe as $$
  -- Four to the doubling: what is read from one is at most a tenth off.
  select least(1 + floor(4 / ln(2::float8) * ln(greatest(extract(epoch from duration)::float8 * 1000, 1)))::int, 160)
$$;
comment on function rowlock_private.bucket(interval) is 'In which of 160 buckets a time falls: 1 up to 1.19 ms, each a fifth longer than the one before.';

create function rowlock_private.histogram(buckets int[]) returns int[]
language sql immutable parallel safe as $$
  select coalesce((
    select array_agg(coalesce(c.n, 0) order by b)
    from generate_series(1, (select max(x) from unnest(buckets) x)) b
    left join (select x, count(*)::int as n from unnest(buckets) x where x is not null group by x) c on c.x = b), '{}')
$$;
comment on function rowlock_private.histogram(int[]) is 'How often each bucket is there, from the first to the last that is.';

create function rowlock_private.minutes_of_jobs(since timestamptz, until timestamptz, organization uuid default null)
returns setof rowlock.ended_minutes
language plpgsql stable set search_path = pg_catalog, pg_temp
set enable_seqscan = off set jit = off as $$
begin
  return query execute
    'select e.organization_id, date_trunc(''minute'', e.finished_at), count(*) filter (where e.state = ''succeeded'')::int,
       count(*) filter (where e.state = ''failed'')::int, count(*) filter (where e.state = ''cancelled'')::int,
       rowlock_private.histogram(array_agg(rowlock_private.bucket(e.started_at - e.run_at)) filter (where e.started_at is not null)),
       rowlock_private.histogram(array_agg(rowlock_private.bucket(e.finished_at - e.started_at)) filter (where e.started_at is not null))
     from rowlock.job_end e where e.finished_at >= $1 and e.finished_at < $2'
    || case when organization is not null then ' and e.organization_id = $3' else '' end || ' group by 1, 2'
    using since, until, organization;
end $$;
comment on function rowlock_private.minutes_of_jobs(timestamptz, timestamptz, uuid) is
  'What ended_minutes keeps, from the jobs themselves; of one organization or all.';

create function rowlock_private.roll_minutes(most int default 10) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  since timestamptz;
  until timestamptz;
  -- Whoever ended a job and has not committed yet is seen the second time.
  again constant interval := '10 minutes';
begin
  perform rowlock_private.require_dispatcher();
  select r.rolled_to into since from rowlock_private.rolled_minutes r for update skip locked;
  if not found then return 0; end if;
  -- What nobody looked after for a day is left out: it is no overview any more.
  since := greatest(since, date_trunc('minute', now()) - interval '1 day');
  until := least(date_trunc('minute', clock_timestamp() - interval '5 seconds'), since + least(most, 10) * interval '1 minute');
  if until <= since then return 0; end if;
  insert into rowlock.ended_minutes as m
  select * from rowlock_private.minutes_of_jobs(since, until)
  union all
  select * from rowlock_private.minutes_of_jobs(since - again, until - again)
  on conflict (organization_id, minute) do update set succeeded = excluded.succeeded, failed = excluded.failed,
    cancelled = excluded.cancelled, wait = excluded.wait, run = excluded.run
  -- A job that ran again by hand ended then, too.
  where excluded.succeeded + excluded.failed + excluded.cancelled > m.succeeded + m.failed + m.cancelled;
  delete from rowlock.ended_minutes m where m.minute < now() - interval '1 day 1 hour';
  update rowlock_private.rolled_minutes r set rolled_to = until;
  return extract(epoch from until - since) / 60;
end $$;
comment on function rowlock_private.roll_minutes(int) is
  'Keeps the minutes that are over, at most so many at once, and forgets those of yesterday; says how many. Called by workers every few seconds.';
grant execute on function rowlock_private.roll_minutes(int) to rowlock_task;

create function rowlock_private.percentile_of(histogram bigint[], fraction float8) returns float8
language sql immutable parallel safe as $$
  select power(2, (b.ord - 0.5) / 4) from (
    select u.ord, sum(u.n) over (order by u.ord) as upto, sum(u.n) over () as total
    from unnest(histogram) with ordinality u(n, ord)) b
  where b.total > 0 and b.upto >= fraction * b.total order by b.ord limit 1
$$;
comment on function rowlock_private.percentile_of(bigint[], float8) is 'The middle of the bucket in which a fraction is reached, in milliseconds; null of nothing.';

create function rowlock_private.oldest_waiting(organization uuid) returns timestamptz
language sql stable set search_path = pg_catalog, pg_temp
set enable_seqscan = off set jit = off as $$
  -- From one lane and priority to the next in the dispatcher's index: in each the oldest comes first.
  with recursive groups as (
    (select l.lane, l.priority, l.run_at, 1 as n from rowlock.live l
     where l.organization_id = organization and l.state = 'waiting' order by l.lane, l.priority, l.run_at limit 1)
    union all
    select x.lane, x.priority, x.run_at, g.n + 1 from groups g cross join lateral (
      select l.lane, l.priority, l.run_at from rowlock.live l
      where l.organization_id = organization and l.state = 'waiting' and (l.lane, l.priority) > (g.lane, g.priority)
      order by l.lane, l.priority, l.run_at limit 1) x
    where g.n < 1000)
  select min(g.run_at) from groups g
$$;
comment on function rowlock_private.oldest_waiting(uuid) is 'Since when the job is due that waits longest, looking at a thousand lanes at most.';

create function rowlock.read_overview(minutes int default 60) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  organization uuid := rowlock.require_role('viewer');
  this_minute timestamptz := date_trunc('minute', now());
  since timestamptz;
  rolled timestamptz;
  answer jsonb;
  looked_at constant int := 500;
begin
  if minutes is null or minutes not between 1 and 1440 then
    raise exception 'minutes is %; it must be between 1 and 1440.', minutes using errcode = 'RL423',
      detail = '[{"path":"/minutes","message":"must be between 1 and 1440"}]';
  end if;
  since := this_minute - (minutes - 1) * interval '1 minute';
  rolled := greatest((select r.rolled_to from rowlock_private.rolled_minutes r), since);
  with m as materialized (
    select k.* from rowlock.ended_minutes k where k.organization_id = organization and k.minute >= since and k.minute < rolled
    union all
    select * from rowlock_private.minutes_of_jobs(rolled, 'infinity', organization)
  ), wait as (
    select coalesce(array_agg(b.n order by b.ord), '{}') as h from (
      select u.ord, sum(u.n)::bigint as n from m cross join unnest(m.wait) with ordinality u(n, ord) group by u.ord) b
  ), run as (
    select coalesce(array_agg(b.n order by b.ord), '{}') as h from (
      select u.ord, sum(u.n)::bigint as n from m cross join unnest(m.run) with ordinality u(n, ord) group by u.ord) b
  ), newest as materialized (
    select e.id, e.finished_at, e.task, e.error_code, e.error_message
    from rowlock.job_end e where e.organization_id = organization and e.state = 'failed' order by e.id desc limit looked_at
  ), errors as (
    select rowlock.error_fingerprint(n.task, n.error_code, n.error_message) as fingerprint, n.* from newest n where n.finished_at >= since
  ), groups as (
    select distinct on (e.fingerprint) e.fingerprint, e.task, e.error_code, e.error_message, e.finished_at, e.id,
      count(*) over (partition by e.fingerprint) as jobs
    from errors e order by e.fingerprint, e.finished_at desc
  )
  select jsonb_build_object(
    'perMinute', coalesce((
      select jsonb_agg(jsonb_build_object('minute', g.minute, 'succeeded', coalesce(m.succeeded, 0),
        'failed', coalesce(m.failed, 0), 'cancelled', coalesce(m.cancelled, 0)) order by g.minute)
      from generate_series(since, this_minute, '1 minute') g(minute) left join m on m.minute = g.minute), '[]'),
    'wait', (select jsonb_build_object('p50', rowlock_private.percentile_of(h, 0.5), 'p95', rowlock_private.percentile_of(h, 0.95),
      'p99', rowlock_private.percentile_of(h, 0.99)) from wait),
    'run', (select jsonb_build_object('p50', rowlock_private.percentile_of(h, 0.5), 'p95', rowlock_private.percentile_of(h, 0.95),
      'p99', rowlock_private.percentile_of(h, 0.99)) from run),
    'oldestWaitingSeconds', extract(epoch from rowlock_private.clock() - rowlock_private.oldest_waiting(organization)),
    'errors', coalesce((
      select jsonb_agg(jsonb_build_object('fingerprint', g.fingerprint, 'task', g.task, 'code', g.error_code,
        'message', g.error_message, 'jobs', g.jobs, 'lastAt', g.finished_at, 'lastJobId', g.id) order by g.finished_at desc)
      from (select * from groups g order by g.finished_at desc limit 20) g), '[]'))
  into answer;
  return answer;
end $$;
comment on function rowlock.read_overview(int) is
  '@behavior -*
What the organization''s jobs do, over the last minutes (at most 1,440): as docs/finding-jobs.md shows. Errors are those of the newest 500 failed jobs that failed within the time.';
grant execute on function rowlock.read_overview(int) to rowlock_tenant;
