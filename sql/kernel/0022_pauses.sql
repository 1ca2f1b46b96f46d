-- An organization's own pauses: of all it has, or of one task. Beside what operators pause by policy; neither lifts the other.

create table rowlock.pauses (
  organization_id uuid not null,
  task text not null default '' check (length(task) <= 100),
  user_id uuid,
  reason text not null default '' check (length(reason) <= 500),
  at timestamptz not null default now(),
  primary key (organization_id, task)
);
comment on table rowlock.pauses is '@behavior -insert -update -delete
What an organization holds back: nothing of it is begun, what was goes on, and launches are taken. An empty task stands for all.';
select rowlock.protect_table('rowlock.pauses', write_role => null);
grant select on rowlock.pauses to rowlock_tenant;
-- The number of policies is not counted up: it is one row for all, which a transaction of one organization would hold. The
-- dispatcher reads what is held back four times a second.
create trigger audit after insert or delete on rowlock.pauses
  for each row execute function rowlock_private.audit_change('pause', 'task');

create function rowlock.pause_jobs(task text default null, reason text default null) returns rowlock.pauses
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('admin');
  made rowlock.pauses;
begin
  if pause_jobs.task is not null and not exists (select from rowlock.tasks t where t.name = pause_jobs.task) then
    raise exception 'There is no task "%".', pause_jobs.task using errcode = 'RL410',
      hint = 'The catalogue is written when a worker that has the task starts.';
  end if;
  insert into rowlock.pauses as p (organization_id, task, user_id, reason)
  values (organization, coalesce(pause_jobs.task, ''), rowlock_private.claim('user_id')::uuid, coalesce(left(pause_jobs.reason, 500), ''))
  on conflict on constraint pauses_pkey do nothing;
  select p.* into made from rowlock.pauses p where p.organization_id = organization and p.task = coalesce(pause_jobs.task, '');
  return made;
end $$;
comment on function rowlock.pause_jobs(text, text) is
  '@resultFieldName pause
Holds back the jobs of the organization, or those of one task: nothing is begun, what was goes on, launches are taken. For administrators.';
grant execute on function rowlock.pause_jobs(text, text) to rowlock_tenant;

create function rowlock.resume_jobs(task text default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('admin');
begin
  delete from rowlock.pauses p where p.organization_id = organization and p.task = coalesce(resume_jobs.task, '');
  return found;
end $$;
comment on function rowlock.resume_jobs(text) is 'Lifts a pause of the organization, or of one task; false when there was none. For administrators.';
grant execute on function rowlock.resume_jobs(text) to rowlock_tenant;
