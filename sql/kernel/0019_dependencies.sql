-- Jobs that wait for other jobs. A job names, when it is launched, those before it; it is blocked until the last of them
-- has ended. It can only name what is there already, so there is no cycle.
--   whoever ends a job that is followed looks for those that wait for it, in the same transaction. That it is followed
--   stands on its own row, so that all other jobs pay nothing
--   a job that somebody holds at the moment of the launch cannot be marked: what waits for it is looked for twice a second

create table rowlock.dependencies (
  organization_id uuid not null,
  job_id uuid not null,
  depends_on uuid not null,
  if_failed text not null check (if_failed in ('cancel', 'go on')),
  marked boolean not null,
  primary key (organization_id, job_id, depends_on)
);
comment on table rowlock.dependencies is '@foreignKey (organization_id, job_id) references rowlock.jobs (organization_id, id)|@fieldName job|@foreignFieldName dependencies
@foreignKey (organization_id, depends_on) references rowlock.jobs (organization_id, id)|@fieldName dependsOnJob|@foreignFieldName dependants
@behavior -insert -update -delete
Which job waits for which. if_failed: what becomes of it if the other fails or is cancelled.';
comment on column rowlock.dependencies.marked is '@behavior -select -filterBy -orderBy
Whether the job before knew, when this was written, that it is followed.';
create index dependencies_depends_on on rowlock.dependencies (organization_id, depends_on);
create index dependencies_unmarked on rowlock.dependencies (job_id) where not marked;
select rowlock.protect_table('rowlock.dependencies', write_role => null);
grant select on rowlock.dependencies to rowlock_tenant;

create function rowlock_private.follow(organization uuid, ids uuid[], parents uuid[], if_failed text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
set enable_seqscan = off as $$
declare
  missing uuid;
  marked uuid[];
begin
  select p into missing from unnest(parents) p
  where not exists (select from rowlock.live l where l.organization_id = organization and l.id = p)
    and not exists (select from rowlock.job_end e where e.organization_id = organization and e.id = p) limit 1;
  if found then
    raise exception 'There is no job % in this organization to depend on.', missing using errcode = 'RL404';
  end if;
  with free as materialized (
    select l.id from rowlock.live l where l.organization_id = organization and l.id = any(parents)
    order by l.id for update skip locked
  ), told as (
    update rowlock.live l set followed = true from free f
    where l.organization_id = organization and l.id = f.id and not l.followed)
  select coalesce(array_agg(f.id), '{}') into marked from free f;
  insert into rowlock.dependencies (organization_id, job_id, depends_on, if_failed, marked)
  select organization, i, p, follow.if_failed, p = any(marked) or not exists (
    select from rowlock.live l where l.organization_id = organization and l.id = p)
  from unnest(ids) i cross join (select distinct p from unnest(parents) p) p;
  -- All of them may be over already.
  perform rowlock_private.unblock(organization, ids);
end $$;
comment on function rowlock_private.follow(uuid, uuid[], uuid[], text) is
  'Writes down that jobs, new and blocked, wait for others; lets go those that need not.';

create function rowlock_private.unblock(organization uuid, ids uuid[]) returns void
language plpgsql -- the rest as whoever calls it
as $$
declare
  l rowlock.live;
  next uuid[] := ids;
  job uuid;
  hopeless uuid;
  freed boolean := false;
  batches uuid[] := '{}';
  changed uuid[] := '{}';
begin
  -- One after the other and not by recursion: a chain may be long.
  while cardinality(next) > 0 loop
    job := next[1];
    next := next[2:];
    -- Two that end at the same moment: the later waits here, and then sees what the earlier has done.
    select x.* into l from rowlock.live x where x.organization_id = organization and x.id = job and x.state = 'blocked' for update;
    continue when not found;
    select d.depends_on into hopeless from rowlock.dependencies d
    join rowlock.job_end e on e.organization_id = d.organization_id and e.id = d.depends_on and e.state <> 'succeeded'
    where d.organization_id = organization and d.job_id = job and d.if_failed = 'cancel' limit 1;
    if found then
      perform rowlock_private.move_to_end(array[l], 'cancelled', 'DEPENDENCY_FAILED',
        format('The job %s, on which this one depends, did not succeed.', hopeless));
      changed := changed || job;
      if l.followed then
        next := next || array(select d.job_id from rowlock.dependencies d
          where d.organization_id = organization and d.depends_on = job order by d.job_id);
      end if;
      if l.batch_id is not null then batches := batches || l.batch_id; end if;
      continue;
    end if;
    continue when exists (
      select from rowlock.dependencies d
      cross join lateral (select x.id from rowlock.live x where x.organization_id = organization and x.id = d.depends_on limit 1) p
      where d.organization_id = organization and d.job_id = job);
    update rowlock.live x set state = case when x.run_at > rowlock_private.clock() then 'scheduled' else 'waiting' end
    where x.organization_id = organization and x.id = job;
    freed := true;
    changed := changed || job;
  end loop;
  if cardinality(batches) > 0 then perform rowlock_private.settle_batches(organization, batches); end if;
  -- They lie behind where the dispatcher has come to.
  if freed then perform pg_notify('rowlock:dispatch', organization::text); end if;
  perform rowlock_private.tell(organization, changed);
end $$;
comment on function rowlock_private.unblock(uuid, uuid[]) is
  'Looks at blocked jobs: each whose last dependency has ended is let go, or cancelled with all that depend on it.';

create function rowlock_private.settle_followers(organization uuid, ended uuid[]) returns void
language plpgsql -- the rest as whoever calls it
as $$
begin
  perform rowlock_private.unblock(organization, array(
    select distinct d.job_id from rowlock.dependencies d
    where d.organization_id = organization and d.depends_on = any(ended) order by d.job_id));
end $$;
comment on function rowlock_private.settle_followers(uuid, uuid[]) is
  'These jobs, which are followed, have ended in this transaction: looks at what waits for them.';

create function rowlock_private.unblock_unmarked(most int default 1000) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off as $$
declare
  one record;
  looked int := 0;
begin
  perform rowlock_private.require_dispatcher();
  if not pg_try_advisory_xact_lock(1919905644, 3) then return 0; end if;
  for one in
    select d.organization_id, array_agg(d.job_id order by d.job_id) as jobs, array_agg(d.depends_on) as parents
    from (
      select d.* from rowlock.dependencies d where not d.marked and not exists (
        select from rowlock.live l where l.organization_id = d.organization_id and l.id = d.depends_on)
      order by d.job_id limit most) d
    group by d.organization_id order by d.organization_id
  loop
    update rowlock.dependencies d set marked = true
    where d.organization_id = one.organization_id and d.job_id = any(one.jobs) and d.depends_on = any(one.parents);
    perform rowlock_private.unblock(one.organization_id, one.jobs);
    looked := looked + cardinality(one.jobs);
  end loop;
  return looked;
end $$;
comment on function rowlock_private.unblock_unmarked(int) is
  'Lets go what waits for jobs that could not be told of it, and have ended. Called by workers twice a second.';
grant execute on function rowlock_private.unblock_unmarked(int) to rowlock_task;

create function rowlock_private.forget_beside(organization uuid, jobs uuid[], batches uuid[]) returns void
language plpgsql as $$ -- the rest as whoever calls it
begin
  delete from rowlock.dependencies d where d.organization_id = organization and d.job_id = any(jobs);
  delete from rowlock.batches b
  where b.organization_id = organization and b.id = any(batches) and rowlock_private.is_left_over(b);
end $$;
comment on function rowlock_private.forget_beside(uuid, uuid[], uuid[]) is
  'These jobs are forgotten: so are their dependencies, and those of these batches of which no job is left.';

create function rowlock_private.is_left_over(batch rowlock.batches) returns boolean
language sql stable as $$
  -- One of its jobs may run again though it is complete. Looked up, each in turn: joined, all jobs may be gone through.
  select batch.completed_at is not null
    and (select e.id from rowlock.job_end e
         where e.organization_id = batch.organization_id and e.batch_id = batch.id limit 1) is null
    and (select l.id from rowlock.live l
         where l.organization_id = batch.organization_id and l.batch_id = batch.id limit 1) is null
$$;
comment on function rowlock_private.is_left_over(rowlock.batches) is 'Whether a batch is complete and all its jobs are forgotten.';

create function rowlock_private.forget_left_over(behind_organization uuid, behind uuid, most int)
returns table (organization_id uuid, id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  if not rowlock_private.lead_forgetting() then return; end if;
  select o.organization_id, o.id into organization_id, id from (
    select n.organization_id, n.id from (
      (select d.organization_id, d.job_id as id from rowlock.dependencies d
       where (d.organization_id, d.job_id) > (behind_organization, behind)
       order by d.organization_id, d.job_id limit most)
      union all
      (select b.organization_id, b.id from rowlock.batches b
       where (b.organization_id, b.id) > (behind_organization, behind)
       order by b.organization_id, b.id limit most)) n
    order by n.organization_id, n.id limit most) o
  order by o.organization_id desc, o.id desc limit 1;
  if not found then return; end if;
  delete from rowlock.dependencies d
  where (d.organization_id, d.job_id) > (behind_organization, behind)
    and (d.organization_id, d.job_id) <= (forget_left_over.organization_id, forget_left_over.id)
    and (select j.id from rowlock.job j where j.organization_id = d.organization_id and j.id = d.job_id limit 1) is null;
  delete from rowlock.batches b
  where (b.organization_id, b.id) > (behind_organization, behind)
    and (b.organization_id, b.id) <= (forget_left_over.organization_id, forget_left_over.id)
    and rowlock_private.is_left_over(b);
  return next;
end $$;
comment on function rowlock_private.forget_left_over(uuid, uuid, int) is
  'After a week was dropped: looks at so many dependencies and batches behind the one given, removes those whose jobs are no more, and says how far it came. No row: there are no more, or another worker is at it.';
grant execute on function rowlock_private.forget_left_over(uuid, uuid, int) to rowlock_task;
