-- Forgetting ended jobs. Whole weeks are dropped: when all of it may go, or when nothing is left of it. Organizations with
-- a retention of their own lose jobs one by one; the room this leaves is used again by jobs of the same week and by no
-- others, so that a week that is over and has lost most of its jobs is written anew.

create function rowlock_private.retentions(longest interval) returns table (organization_id uuid, before timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  return query
  select p.organization_id, now() - least(p.retention, longest) from rowlock.policies p
  where p.retention is not null order by p.organization_id;
end $$;
comment on function rowlock_private.retentions(interval) is
  'Organizations with a retention of their own, and the moment before which their ended jobs are to be forgotten.';
grant execute on function rowlock_private.retentions(interval) to rowlock_task;

create function rowlock_private.lead_forgetting() returns boolean
language sql as $$
  select pg_try_advisory_xact_lock(1919905644, 4)
$$;
comment on function rowlock_private.lead_forgetting() is
  'Whether this transaction may forget: one worker at a time; another comes again in an hour.';

create function rowlock_private.forget_jobs(organization uuid, before timestamptz, behind uuid, most int)
returns table (jobs int, last uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- plans made while the tables were small are kept when they are large
set plan_cache_mode = force_generic_plan as $$
declare
  old uuid[];
  gone uuid[];
  batches uuid[];
begin
  perform rowlock_private.require_dispatcher();
  if not rowlock_private.lead_forgetting() then return; end if;
  -- By id, so that periods are passed in order and the next call goes on where this one ended, not over what it removed.
  -- One launched long before it ended is kept from its end on.
  old := array(
    select e.id from rowlock.job_end e
    where e.organization_id = organization and e.id > behind and e.id < rowlock_private.uuid_at(before)
      and e.finished_at < before
    order by e.id limit most);
  if cardinality(old) = 0 then return; end if;
  -- The end goes first: whoever has a job run again at this moment holds it, and then the job stays.
  with ends as (
    delete from rowlock.job_end e
    where e.organization_id = organization and e.id = any(old) and e.id between old[1] and old[cardinality(old)]
    returning e.id, e.batch_id)
  select coalesce(array_agg(e.id order by e.id), '{}'), array_agg(distinct e.batch_id) filter (where e.batch_id is not null)
  into gone, batches from ends e;
  delete from rowlock.job_events v
  -- An event is made after its job: no earlier period is opened.
  where v.organization_id = organization and v.job_id = any(gone) and v.id > gone[1];
  delete from rowlock.job_steps s
  where s.organization_id = organization and s.job_id = any(gone) and s.job_id between gone[1] and gone[cardinality(gone)];
  delete from rowlock.job_tags t
  where t.organization_id = organization and t.job_id = any(gone) and t.job_id between gone[1] and gone[cardinality(gone)];
  delete from rowlock.job j
  where j.organization_id = organization and j.id = any(gone) and j.id between gone[1] and gone[cardinality(gone)];
  perform rowlock_private.sum_counts(organization, gone);
  perform rowlock_private.forget_beside(organization, gone, batches);
  jobs := cardinality(gone);
  last := old[cardinality(old)];
  return next;
end $$;
comment on function rowlock_private.forget_jobs(uuid, timestamptz, uuid, int) is
  'Removes ended jobs of an organization, at most so many, with ids behind the given one; says how many and the last it looked at. No row: there are no more, or another worker is at it.';
grant execute on function rowlock_private.forget_jobs(uuid, timestamptz, uuid, int) to rowlock_task;

create function rowlock_private.may_drop(week timestamptz, longest interval) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set enable_seqscan = off as $$
declare
  over timestamptz := week + interval '7 days';
  first uuid := rowlock_private.uuid_at(week);
  past uuid := rowlock_private.uuid_at(over);
begin
  if over > now() then return false; end if;
  -- What is not finished needs its payload, however old it is.
  if exists (select from rowlock.live l where l.id >= first and l.id < past) then return false; end if;
  if over <= now() - longest then return true; end if;
  -- Nothing may be left of it. What is large is not looked through: vacuum cuts off the end of a table that is empty, and
  -- one that is nearly so is written anew.
  return (
    select sum(pg_relation_size(format('rowlock.%I', p.child)::regclass)) < 8388608
    from rowlock_private.periods(week) p)
    and not exists (select from rowlock.job j where j.id >= first and j.id < past)
    and not exists (select from rowlock.job_end e where e.id >= first and e.id < past)
    and not exists (select from rowlock.job_events v where v.id >= first and v.id < past)
    and not exists (select from rowlock.job_steps s where s.job_id >= first and s.job_id < past)
    and not exists (select from rowlock.job_tags t where t.job_id >= first and t.job_id < past);
end $$;
comment on function rowlock_private.may_drop(timestamptz, interval) is
  'Whether a week is over, has no unfinished job, and is older than longest or empty.';

create function rowlock_private.drop_period(longest interval) returns date
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' set timezone = 'UTC' as $$
declare
  week timestamptz;
  p record;
begin
  perform rowlock_private.require_dispatcher();
  if not rowlock_private.lead_forgetting() then return null; end if;
  for week in select distinct o.week from rowlock_private.periods() o order by o.week loop
    continue when not rowlock_private.may_drop(week, longest);
    begin
      -- Parents first, as everybody does who reads or writes.
      for p in select * from rowlock_private.periods(week) o loop
        execute format('lock table only rowlock.%I in access exclusive mode', p.parent);
        execute format('lock table rowlock.%I in access exclusive mode', p.child);
      end loop;
      -- A launch begun in that week may have been under way until now.
      if not rowlock_private.may_drop(week, longest) then raise lock_not_available; end if;
      delete from rowlock.ended_counts c
      where c.id >= rowlock_private.uuid_at(week) and c.id < rowlock_private.uuid_at(week + interval '7 days');
      -- All of them or none: an end without its job would be shown without a payload.
      for p in select * from rowlock_private.periods(week) o loop
        execute format('drop table rowlock.%I', p.child);
      end loop;
      return week::date;
    exception
      -- Someone reads it at this moment. Waiting longer would hold up everyone who comes after us.
      when lock_not_available then null;
    end;
  end loop;
  return null;
end $$;
comment on function rowlock_private.drop_period(interval) is
  'Drops the oldest week of jobs that is over, none of which is unfinished, and all of which was launched longer ago than longest or is forgotten; says which. Null: there is none, or it is in use.';
grant execute on function rowlock_private.drop_period(interval) to rowlock_task;

-- A week is written anew in three steps, each for all its tables: they are copied while everybody goes on; who writes to
-- them waits while what has changed meanwhile is found, rows being inserted and deleted but never updated; and for a moment
-- all wait while the copies take their places.

create function rowlock_private.copy_period(parent name, child name, week timestamptz) returns void
language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
  key name := case when parent in ('job_steps', 'job_tags') then 'job_id' else 'id' end;
  copy name := child || '_copy';
begin
  perform rowlock_private.make_period(parent, copy);
  -- Through the parent, whose policies let the owner read.
  execute format('insert into rowlock.%I select p.* from rowlock.%I p where p.tableoid = %L::regclass and p.%I >= %L and p.%I < %L
    order by p.organization_id, p.%I', copy, parent, format('rowlock.%I', child), key, rowlock_private.uuid_at(week),
    key, rowlock_private.uuid_at(week + interval '7 days'), key);
  execute format('analyze rowlock.%I', copy);
  -- So that nothing has to be looked at when it is attached.
  execute format('alter table rowlock.%I add constraint of_week check (%I >= %L and %I < %L)', copy, key,
    rowlock_private.uuid_at(week), key, rowlock_private.uuid_at(week + interval '7 days'));
end $$;
comment on function rowlock_private.copy_period(name, name, timestamptz) is 'Copies a period into a table of its own.';

create function rowlock_private.catch_up_copy(parent name, child name) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  copy name := child || '_copy';
  same text := case parent when 'job_steps' then 'c.organization_id = p.organization_id and c.job_id = p.job_id and c.name = p.name'
    when 'job_tags' then 'c.organization_id = p.organization_id and c.tag = p.tag and c.job_id = p.job_id'
    else 'c.organization_id = p.organization_id and c.id = p.id' end;
begin
  execute format('lock table rowlock.%I in share row exclusive mode', child);
  execute format('delete from rowlock.%I c where not exists (select from rowlock.%I p where p.tableoid = %L::regclass and %s)',
    copy, parent, format('rowlock.%I', child), same);
  execute format('insert into rowlock.%I select p.* from rowlock.%I p where p.tableoid = %L::regclass
    and not exists (select from rowlock.%I c where %s)', copy, parent, format('rowlock.%I', child), copy, same);
end $$;
comment on function rowlock_private.catch_up_copy(name, name) is
  'Keeps writers off a period and brings its copy up to date.';

create function rowlock_private.put_copy(parent name, child name, week timestamptz) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  copy name := child || '_copy';
  made name;
begin
  if exists (select from pg_trigger t where t.tgrelid = format('rowlock.%I', child)::regclass and t.tgname = 'note_ended') then
    execute format('create trigger note_ended after insert or delete on rowlock.%I for each row execute function rowlock_private.note_ended()', copy);
  end if;
  execute format('alter table rowlock.%I detach partition rowlock.%I', parent, child);
  execute format('drop table rowlock.%I', child);
  execute format('alter table rowlock.%I rename to %I', copy, child);
  for made in
    select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = format('rowlock.%I', child)::regclass
  loop
    execute format('alter index rowlock.%I rename to %I', made, replace(made, copy, child));
  end loop;
  perform rowlock_private.attach_period(parent, child, week);
  execute format('alter table rowlock.%I drop constraint of_week', child);
end $$;
comment on function rowlock_private.put_copy(name, name, timestamptz) is 'Puts the copy of a period in its place.';

create function rowlock_private.pack_period(most int default 2000000) returns date
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' set timezone = 'UTC' as $$
declare
  week timestamptz;
  p record;
begin
  perform rowlock_private.require_dispatcher();
  if not rowlock_private.lead_forgetting() then return null; end if;
  for week in
    select o.week from rowlock_private.periods() o
    join pg_class c on c.oid = format('rowlock.%I', o.child)::regclass
    join pg_index i on i.indrelid = c.oid and i.indisprimary
    where o.parent = 'job' and o.week + interval '7 days' <= now() and c.reltuples between 0 and most
      -- A row takes 49 bytes of the primary key, whatever is in it, when the key is as full as a new one.
      and pg_relation_size(i.indexrelid) > greatest(1048576, 2 * 49 * c.reltuples)
    order by o.week
  loop
    begin
      for p in select * from rowlock_private.periods(week) o loop
        perform rowlock_private.copy_period(p.parent, p.child, week);
      end loop;
      for p in select * from rowlock_private.periods(week) o loop
        perform rowlock_private.catch_up_copy(p.parent, p.child);
      end loop;
      for p in select * from rowlock_private.periods(week) o loop
        perform rowlock_private.put_copy(p.parent, p.child, week);
      end loop;
      return week::date;
    exception
      when lock_not_available then null;
    end;
  end loop;
  return null;
end $$;
comment on function rowlock_private.pack_period(int) is
  'Writes the oldest week anew that is over and takes twice the room its rows need, if it has no more than most of them; says which. Null: there is none, or it is in use.';
grant execute on function rowlock_private.pack_period(int) to rowlock_task;
