-- How many jobs an organization has in each state. What ended in weeks gone by is counted once and kept as one row; only
-- the latest weeks are counted when somebody asks. The transactions that end jobs have no part in it.
--   1. a week is over: its partition of job_end gets a trigger, which from now on writes down each change. Taking the
--      lock for it waits for whoever was writing without
--   2. its rows are counted, less what the trigger has written down, in one snapshot; that number is kept
-- So kept and written numbers are exact at any moment, whoever ends an old job meanwhile.

create table rowlock.ended_counts (
  organization_id uuid not null,
  id uuid not null,
  state text not null check (state in ('succeeded', 'failed', 'cancelled')),
  jobs bigint not null,
  counted_to uuid,
  primary key (organization_id, id, state)
);
comment on table rowlock.ended_counts is '@behavior -*
Jobs that ended, counted: for a whole week (id: its lowest; counted_to: the lowest of the next), or for one job that changed after its week was counted (id: its own). Whoever drops a week of job_end deletes the counts with ids in it.';
create index ended_counts_id on rowlock.ended_counts (id);
select rowlock.protect_table('rowlock.ended_counts', write_role => null);
grant select on rowlock.ended_counts to rowlock_tenant;

create table rowlock_private.counted_weeks (
  week date primary key,
  counted_at timestamptz
);
comment on table rowlock_private.counted_weeks is
  'Weeks of job_end whose changes are written down, in order; counted_at is null until its rows are counted.';
alter table rowlock_private.counted_weeks enable row level security, force row level security;
create policy owner_all on rowlock_private.counted_weeks to rowlock_owner using (true) with check (true);

create function rowlock_private.note_ended() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  changed rowlock.job_end := case when tg_op = 'DELETE' then old else new end;
begin
  insert into rowlock.ended_counts as c (organization_id, id, state, jobs)
  values (changed.organization_id, changed.id, changed.state, case when tg_op = 'DELETE' then -1 else 1 end)
  on conflict (organization_id, id, state) do update set jobs = c.jobs + excluded.jobs;
  return null;
end $$;
comment on function rowlock_private.note_ended() is
  'Trigger function on weeks of job_end that are over: writes down one job more or less.';
-- What no week takes may be of any time.
create trigger note_ended after insert or delete on rowlock.job_end_default
for each row execute function rowlock_private.note_ended();

create function rowlock_private.count_week(over timestamptz default now() - interval '1 day') returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' set timezone = 'UTC' as $$
declare
  next_week date;
  noted boolean;
  first uuid;
  past uuid;
begin
  if not pg_try_advisory_xact_lock(hashtext('rowlock.count_week')) then return false; end if;
  -- One after the other: all before the latest that is counted must be counted.
  with weeks as materialized ( -- first of all: no other table's name is taken for a date
    select right(c.relname, 8) as monday from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'rowlock.job_end'::regclass and c.relname ~ '^job_end_p[0-9]{8}$')
  select to_date(k.monday, 'YYYYMMDD'), w.week is not null into next_week, noted
  from weeks k left join rowlock_private.counted_weeks w on to_char(w.week, 'YYYYMMDD') = k.monday
  where w.counted_at is null
  order by 1 limit 1;
  if next_week is null or next_week + 7 > over then return false; end if;

  if not noted then
    execute format('create trigger note_ended after insert or delete on rowlock.%I for each row execute function rowlock_private.note_ended()',
      'job_end_p' || to_char(next_week, 'YYYYMMDD'));
    insert into rowlock_private.counted_weeks (week) values (next_week);
    return true;
  end if;
  first := rowlock_private.uuid_at(next_week);
  past := rowlock_private.uuid_at(next_week + 7);
  insert into rowlock.ended_counts as c (organization_id, id, state, jobs, counted_to)
  select e.organization_id, first, e.state, sum(e.jobs), past
  from (
    select j.organization_id, j.state, count(*) as jobs from rowlock.job_end j
    where j.id >= first and j.id < past group by j.organization_id, j.state
    union all
    select c.organization_id, c.state, -sum(c.jobs) from rowlock.ended_counts c
    where c.id >= first and c.id < past group by c.organization_id, c.state) e
  group by e.organization_id, e.state
  -- What was written down of jobs that are forgotten stands there already.
  on conflict (organization_id, id, state) do update set jobs = c.jobs + excluded.jobs, counted_to = excluded.counted_to;
  update rowlock_private.counted_weeks w set counted_at = now() where w.week = next_week;
  return true;
exception
  -- Somebody holds the table: next time.
  when lock_not_available then return false;
end $$;
comment on function rowlock_private.count_week(timestamptz) is
  'One step in counting the first week that is over and not counted yet; says whether there was one to take. Each step must be a transaction of its own. Called by workers now and then.';
grant execute on function rowlock_private.count_week(timestamptz) to rowlock_task;

create function rowlock_private.sum_counts(organization uuid, ids uuid[]) returns void
language sql as $$ -- the rest as whoever calls it
  with noted as (
    delete from rowlock.ended_counts c where c.organization_id = organization and c.id = any(ids)
    returning c.state, c.jobs, rowlock_private.uuid_at(date_trunc('week', rowlock.moment_of(c.id), 'UTC')) as first)
  insert into rowlock.ended_counts as c (organization_id, id, state, jobs)
  select organization, n.first, n.state, sum(n.jobs) from noted n group by n.first, n.state having sum(n.jobs) <> 0
  on conflict (organization_id, id, state) do update set jobs = c.jobs + excluded.jobs
$$;
comment on function rowlock_private.sum_counts(uuid, uuid[]) is
  'Jobs that are no more: what was written down of each goes into the number of its week.';

create type rowlock.job_count as (state text, jobs bigint);
comment on type rowlock.job_count is 'How many jobs are in a state.';
comment on column rowlock.job_count.state is '@notNull';
comment on column rowlock.job_count.jobs is '@notNull';

create function rowlock.count_jobs() returns setof rowlock.job_count
language sql stable rows 8 as $$
  with latest as materialized (
    select coalesce(
      (select c.counted_to from rowlock.ended_counts c where c.counted_to is not null order by c.id desc limit 1),
      '00000000-0000-0000-0000-000000000000') as from_id)
  select s.state, sum(s.jobs)::bigint
  from (
    select c.state, c.jobs from rowlock.ended_counts c where c.id < (select from_id from latest)
    union all
    select e.state, count(*) from rowlock.job_end e where e.id >= (select from_id from latest) group by e.state
    union all
    select l.state, count(*) from rowlock.live l group by l.state) s
  group by s.state having sum(s.jobs) > 0
$$;
comment on function rowlock.count_jobs() is
  '@behavior +list -connection -filterProc
@listSuffix omit
@name jobCounts
How many jobs of the organization are in each state; states without any are left out.';
grant execute on function rowlock.count_jobs() to rowlock_tenant;
