-- Jobs: three parts behind one face, because a row that is wide and updated in place is what kills queues on
-- Postgres once some transaction stays open.
--   job      wide, inserted once at launch, never updated
--   live     narrow, what is not finished; deleted at the end
--   job_end  inserted once, in the finishing transaction
-- There is no foreign key between them nor from outside: periods must be droppable.

create table rowlock.job (
  organization_id uuid not null,
  id uuid not null,
  task text not null,
  payload jsonb not null,
  key text,
  user_id uuid,
  source text not null,
  parent_id uuid,
  batch_id uuid,
  max_attempts smallint not null,
  primary key (organization_id, id)
) partition by range (id);
comment on table rowlock.job is '@behavior -*
What was launched: by whom, when, with which payload. Insert only; partitioned by launch time.';

create table rowlock.live (
  organization_id uuid not null,
  id uuid not null,
  run_at timestamptz not null,
  started_at timestamptz,
  deadline_at timestamptz,
  batch_id uuid,
  fence int not null default 0,
  priority smallint not null default 0,
  attempt smallint not null default 0,
  crashes smallint not null default 0,
  followed boolean not null default false,
  progress real,
  state text not null, -- scheduled, blocked, waiting, queued, running
  task text not null,
  lane text collate "C" not null default '',
  key text,
  user_id uuid,
  progress_note text,
  primary key (organization_id, id),
  -- The only one: kernel functions alone write here, and each check costs a launch some 3 %.
  check ((state = 'running') = (started_at is not null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0);
comment on table rowlock.live is '@behavior -*
What is not finished. fence counts deliveries that took hold of the job: a worker whose number is old may write nothing. followed: blocked jobs wait for this one. crashes counts deliveries that began, under suspicion, and never reported back. lane: jobs under a limit that is not the whole organization''s (a task''s, a key''s) queue apart, so that they are passed over without being looked at.';
-- A delivery names a job by id alone: the tenant comes from the row, never from the broker.
create unique index live_id on rowlock.live (id);
create unique index live_key on rowlock.live (organization_id, task, key) where key is not null;
-- The dispatcher's: it reads on from where it was. To hand a job over changes nothing here.
create index live_waiting on rowlock.live (organization_id, lane, priority, run_at, id) where state = 'waiting';
-- What the broker must know of, for the look that compares both.
create index live_handed on rowlock.live (id) where state in ('queued', 'running');
create index live_batch on rowlock.live (organization_id, batch_id) where batch_id is not null;
create index live_deadline on rowlock.live (deadline_at) where deadline_at is not null;
create index live_due on rowlock.live (run_at) where state = 'scheduled';

create table rowlock.job_end (
  organization_id uuid not null,
  id uuid not null,
  run_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz not null default clock_timestamp(),
  batch_id uuid,
  priority smallint not null,
  attempt smallint not null,
  state text not null check (state in ('succeeded', 'failed', 'cancelled')),
  task text not null,
  key text,
  error_code text,
  error_message text,
  result jsonb,
  primary key (organization_id, id),
  check ((state = 'succeeded') = (error_code is null))
) partition by range (id);
comment on table rowlock.job_end is '@behavior -*
How a job ended. Insert only, in the transaction that ended it; partitioned like job.';
create index job_end_batch on rowlock.job_end (organization_id, batch_id, state) where batch_id is not null;
create index job_end_state on rowlock.job_end (organization_id, state, id);

create table rowlock.job_events (
  organization_id uuid not null,
  id uuid not null default rowlock.uuid7(),
  job_id uuid not null,
  kind text not null check (kind in ('failed', 'retried', 'snoozed', 'handed_back', 'cancelled')),
  attempt smallint not null,
  code text not null,
  message text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (organization_id, id)
) partition by range (id);
comment on table rowlock.job_events is 'What happened to a job on its way, other than going well.';
create index job_events_job on rowlock.job_events (organization_id, job_id, id);

create table rowlock.job_steps (
  organization_id uuid not null,
  job_id uuid not null,
  name text not null,
  result jsonb,
  at timestamptz not null default clock_timestamp(),
  primary key (organization_id, job_id, name)
) partition by range (job_id);
comment on table rowlock.job_steps is
  'What long jobs have done and need not do again: the result of each step, given back when the job is tried once more.';

-- Only jobs that have tags pay for them.
create table rowlock.job_tags (
  organization_id uuid not null,
  tag text collate "C" not null,
  job_id uuid not null,
  primary key (organization_id, tag, job_id)
) partition by range (job_id);
comment on table rowlock.job_tags is '@behavior -*
Words that a launch gave its jobs, to find them by. Insert only.';
create index job_tags_job on rowlock.job_tags (organization_id, job_id);

-- A table of its own, insert only: no lock that a job at work holds on its row delays it.
create table rowlock.cancellations (
  organization_id uuid not null,
  job_id uuid not null,
  user_id uuid,
  reason text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (organization_id, job_id)
);
comment on table rowlock.cancellations is '@behavior -*
Jobs at work that are to be cancelled. Looked at wherever a job begins or ends; forgotten when it has ended.';

select rowlock.protect_table(t, write_role => null)
from unnest('{rowlock.job,rowlock.live,rowlock.job_end,rowlock.job_events,rowlock.job_steps,rowlock.job_tags,rowlock.cancellations}'::regclass[]) t;
grant select on rowlock.job, rowlock.live, rowlock.job_end, rowlock.job_events, rowlock.job_steps, rowlock.job_tags, rowlock.cancellations to rowlock_tenant;

create function rowlock.moment_of(id uuid) returns timestamptz
language sql immutable strict parallel safe as $$
  select to_timestamp(('x0000' || translate(left(id::text, 13), '-', ''))::bit(64)::bigint / 1000.0)
$$;
comment on function rowlock.moment_of(uuid) is
  '@behavior -*
When a uuid version 7 was made, to the millisecond.';
grant execute on function rowlock.moment_of(uuid) to rowlock_tenant;

create function rowlock.error_fingerprint(task text, code text, message text) returns text
language sql immutable parallel safe as $$
  -- In one pass: quoted texts, uuids, hexadecimal and other numbers. A quote within a word is an apostrophe.
  select left(md5(concat_ws(chr(31), task, code, regexp_replace(left(message, 500),
    $re$"[^"]*"|`[^`]*`|(?<![a-z0-9])'[^']*'|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\y0x[0-9a-f]+|\y[0-9a-f]{8,}\y|[0-9]+([.,][0-9]+)*$re$,
    '?', 'gi'))), 12)
  where code is not null
$$;
comment on function rowlock.error_fingerprint(text, text, text) is
  '@behavior -*
The same for errors that differ only in numbers, ids and quoted texts: a hash of task, code and the message with those blanked. Null without a code.';
grant execute on function rowlock.error_fingerprint(text, text, text) to rowlock_tenant;

create view rowlock.jobs with (security_invoker = true) as
select u.organization_id, u.id, u.task, u.state, u.key, u.priority, u.attempt, u.progress, u.progress_note,
       u.result, u.error_code, u.error_message, u.run_at, u.started_at, u.finished_at, u.deadline_at, u.batch_id,
       rowlock.moment_of(u.id) as created_at,
       -- What only the wide part has is looked up for the rows that are shown, after they were ordered and cut:
       -- as a join the planner reads the whole organization first (1,600 ms against 1).
       (select j.payload from rowlock.job j where j.organization_id = u.organization_id and j.id = u.id) as payload,
       (select j.max_attempts from rowlock.job j where j.organization_id = u.organization_id and j.id = u.id) as max_attempts,
       (select j.user_id from rowlock.job j where j.organization_id = u.organization_id and j.id = u.id) as user_id,
       (select j.source from rowlock.job j where j.organization_id = u.organization_id and j.id = u.id) as source,
       (select j.parent_id from rowlock.job j where j.organization_id = u.organization_id and j.id = u.id) as parent_id,
       (select c.at from rowlock.cancellations c where c.organization_id = u.organization_id and c.job_id = u.id
          and u.finished_at is null) as cancel_requested_at,
       array(select t.tag from rowlock.job_tags t where t.organization_id = u.organization_id and t.job_id = u.id order by t.tag) as tags,
       case when u.error_code is not null then rowlock.error_fingerprint(u.task, u.error_code, u.error_message) end as error_fingerprint
from (
  select l.organization_id, l.id, l.task, l.state, l.key, l.priority, l.attempt, l.progress, l.progress_note,
         null::jsonb as result, null::text as error_code, null::text as error_message,
         l.run_at, l.started_at, null::timestamptz as finished_at, l.deadline_at, l.batch_id
  from rowlock.live l
  union all
  select e.organization_id, e.id, e.task, e.state, e.key, e.priority, e.attempt, null, null,
         e.result, e.error_code, e.error_message, e.run_at, e.started_at, e.finished_at, null, e.batch_id
  from rowlock.job_end e
) u
-- The policies say the same on each part; said once more above the union it lets the planner merge the
-- indexes in order.
where u.organization_id = (select nullif(current_setting('rowlock.organization_id', true), '')::uuid);
comment on view rowlock.jobs is '@name job
@primaryKey organization_id,id
Jobs of the organization, unfinished and ended.';
grant select on rowlock.jobs to rowlock_tenant;
-- GraphQL orders and filters by what an index serves; the newest come first with ID_DESC.
do $$
declare
  shown record;
begin
  for shown in
    select attname,
           attname in ('id', 'state', 'task', 'key', 'batch_id') as served,
           attname in ('task', 'state', 'priority', 'attempt', 'max_attempts', 'payload', 'source', 'created_at', 'run_at', 'tags') as always
    from pg_attribute where attrelid = 'rowlock.jobs'::regclass and attnum > 0
  loop
    execute format('comment on column rowlock.jobs.%I is %L', shown.attname, concat_ws(e'\n',
      case when shown.always then '@notNull' end,
      -- GraphQL has it from a plan of its own, as a list without nulls.
      case when shown.attname = 'tags' then '@behavior -*'
           when not shown.served then '@behavior -attribute:orderBy -attribute:filterBy'
           when shown.attname <> 'id' then '@behavior -attribute:orderBy' end));
  end loop;
end $$;

-- Periods. A week each, several ahead; what no period takes falls into a default partition and is never refused.
create function rowlock_private.periods(of_week timestamptz default null) returns table (week timestamptz, parent name, child name)
language sql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
  select to_date(right(c.relname, 8), 'YYYYMMDD')::timestamptz, p.relname, c.relname
  from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
  where i.inhparent = any('{rowlock.job,rowlock.job_end,rowlock.job_events,rowlock.job_steps,rowlock.job_tags}'::regclass[])
    and c.relname ~ ('_p' || coalesce(to_char(of_week, 'YYYYMMDD'), '[0-9]{8}') || '$')
  order by c.relname desc
$$;
comment on function rowlock_private.periods(timestamptz) is 'The tables of which the parts of a job consist, of all weeks or one, named by its Monday.';

create function rowlock_private.make_period(parent name, child name) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- What is forgotten row by row leaves room that is used again as soon as it is vacuumed: sooner than by a fifth of all.
  execute format('create table rowlock.%I (like rowlock.%I including defaults including constraints including indexes)
    with (autovacuum_vacuum_scale_factor = 0.05)', child, parent);
  execute format('comment on table rowlock.%I is ''@behavior -*''', child);
  execute format('alter table rowlock.%I alter organization_id set (n_distinct = 4)', child);
end $$;
comment on function rowlock_private.make_period(name, name) is 'Makes a table that can be attached as a period of another.';

create function rowlock_private.attach_period(parent name, child name, week timestamptz) returns void
language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
begin
  execute format('alter table rowlock.%I enable row level security, force row level security', child);
  execute format('alter table rowlock.%I attach partition rowlock.%I for values from (%L) to (%L)', parent, child,
    rowlock_private.uuid_at(week), rowlock_private.uuid_at(week + interval '7 days'));
end $$;
comment on function rowlock_private.attach_period(name, name, timestamptz) is
  'Attaches what make_period made, for what is of a week.';

create function rowlock_private.keep_periods(ahead int default 4) returns int
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' set timezone = 'UTC' as $$
declare
  made int := 0;
  week timestamptz;
  parent name;
  child name;
begin
  perform pg_advisory_xact_lock(hashtext('rowlock.keep_periods'));
  for week in select generate_series(date_trunc('week', now()), date_trunc('week', now()) + ahead * interval '7 days', '7 days') loop
    foreach parent in array array['job', 'job_end', 'job_events', 'job_steps', 'job_tags'] loop
      child := format('%s_p%s', parent, to_char(week, 'YYYYMMDD'));
      continue when to_regclass(format('rowlock.%I', child)) is not null;
      begin
        -- Made aside and attached: CREATE … PARTITION OF would lock the parent against readers.
        perform rowlock_private.make_period(parent, child);
        perform rowlock_private.attach_period(parent, child, week);
        made := made + 1;
      exception
        -- The default partition is read at this moment, so a later call makes it; or it has rows of that week already,
        -- which stay there. Neither keeps a worker from starting.
        when lock_not_available or check_violation then null;
      end;
    end loop;
  end loop;
  return made;
end $$;
comment on function rowlock_private.keep_periods(int) is
  'Makes the partitions of this week and the coming ones; says how many were missing. Called at migration and by workers.';
grant execute on function rowlock_private.keep_periods(int) to rowlock_task;

do $$
declare
  parent name;
begin
  foreach parent in array array['job', 'job_end', 'job_events', 'job_steps', 'job_tags'] loop
    execute format('create table rowlock.%I partition of rowlock.%I default', parent || '_default', parent);
    execute format('alter table rowlock.%I enable row level security', parent || '_default');
    execute format('alter table rowlock.%I force row level security', parent || '_default');
    execute format('comment on table rowlock.%I is ''@behavior -*''', parent || '_default');
    -- Who asks is not known when a query is planned. Told that each organization has a quarter of all rows, the planner
    -- reads indexes in order instead of sorting what it takes to be a handful; for a small one that costs nothing more.
    execute format('alter table rowlock.%I alter organization_id set (n_distinct = 4)', parent || '_default');
    execute format('alter table rowlock.%I alter organization_id set (n_distinct = 4)', parent);
  end loop;
end $$;
select rowlock_private.keep_periods();
