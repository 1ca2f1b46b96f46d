-- Forgetting ended jobs: row by row for organizations with a retention of their own, by whole periods for all.

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

create function rowlock_private.forget_jobs(organization uuid, before timestamptz, behind uuid, most int)
returns table (jobs int, last uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ids uuid[];
begin
  perform rowlock_private.require_dispatcher();
  -- One worker at a time; another comes again in an hour.
  if not pg_try_advisory_xact_lock(1919905644, 2) then return; end if;
  -- By id, so that periods are passed in order and the next call goes on where this one ended, not over what it removed.
  -- One launched long before it ended is kept from its end on.
  select array_agg(o.id order by o.id) into ids from (
    select e.id from rowlock.job_end e
    where e.organization_id = organization and e.id > behind and e.id < rowlock_private.uuid_at(before)
      and e.finished_at < before
    order by e.id limit most) o;
  if ids is null then return; end if;
  delete from rowlock.job_events v
  -- An event is made after its job: no earlier period is opened.
  where v.organization_id = organization and v.job_id = any(ids) and v.id > ids[1];
  delete from rowlock.job_steps s
  where s.organization_id = organization and s.job_id = any(ids) and s.job_id between ids[1] and ids[cardinality(ids)];
  delete from rowlock.job j
  where j.organization_id = organization and j.id = any(ids) and j.id between ids[1] and ids[cardinality(ids)];
  delete from rowlock.job_end e
  where e.organization_id = organization and e.id = any(ids) and e.id between ids[1] and ids[cardinality(ids)];
  perform rowlock_private.forget_beside(organization, ids[1], ids[cardinality(ids)]);
  jobs := cardinality(ids);
  last := ids[cardinality(ids)];
  return next;
end $$;
comment on function rowlock_private.forget_jobs(uuid, timestamptz, uuid, int) is
  'Removes ended jobs of an organization, at most so many, with ids behind the given one; says how many and the last of them. No row: there are no more, or another worker is at it.';
grant execute on function rowlock_private.forget_jobs(uuid, timestamptz, uuid, int) to rowlock_task;

create function rowlock_private.drop_period(longest interval) returns date
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' set timezone = 'UTC' as $$
declare
  week date;
  parent name;
begin
  perform rowlock_private.require_dispatcher();
  if not pg_try_advisory_xact_lock(1919905644, 2) then return null; end if;
  for week in
    select distinct to_date(right(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = any('{rowlock.job,rowlock.job_end,rowlock.job_events,rowlock.job_steps}'::regclass[]) and c.relname ~ '_p[0-9]{8}$'
    order by 1
  loop
    exit when week + interval '7 days' > now() - longest;
    -- What is not finished needs its payload, however old it is.
    continue when exists (
      select from rowlock.live l
      where l.id >= rowlock_private.uuid_at(week) and l.id < rowlock_private.uuid_at(week + interval '7 days'));
    begin
      -- All of them or none: an end without its job would be shown without a payload.
      foreach parent in array array['job_steps', 'job_events', 'job_end', 'job'] loop
        execute format('drop table if exists rowlock.%I', format('%s_p%s', parent, to_char(week, 'YYYYMMDD')));
      end loop;
      delete from rowlock.ended_counts c
      where c.id >= rowlock_private.uuid_at(week) and c.id < rowlock_private.uuid_at(week + interval '7 days');
      perform rowlock_private.forget_beside(null, rowlock_private.uuid_at(week), rowlock_private.uuid_at(week + interval '7 days'));
      return week;
    exception
      -- Someone reads it at this moment. Waiting longer would hold up everyone who comes after us.
      when lock_not_available then null;
    end;
  end loop;
  return null;
end $$;
comment on function rowlock_private.drop_period(interval) is
  'Drops the oldest week of jobs, when all of it was launched longer ago than longest and none of it is unfinished; says which. Null: there is none, or it is in use.';
grant execute on function rowlock_private.drop_period(interval) to rowlock_task;
