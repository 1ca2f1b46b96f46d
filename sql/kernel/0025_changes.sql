-- Changes of jobs, told to whoever watches. Never a notification per job: Postgres takes one lock for all commits that
-- notify, and they would flush one by one. Processes gather what changed, and tell of it ten times a second at most.

create sequence rowlock_private.change_numbers;
comment on sequence rowlock_private.change_numbers is
  'Numbers of changes. Logged, as the table is not: after a crash they go on, and whoever remembers one is told what is new.';

create unlogged table rowlock_private.changes (
  seq bigint primary key default nextval('rowlock_private.change_numbers'),
  organization_id uuid not null,
  ids uuid[],
  at timestamptz not null default clock_timestamp()
);
comment on table rowlock_private.changes is
  'Which jobs have changed, for about a minute: what whoever lost its connection for a moment can still read. ids null: many, or nobody knows which.';
alter table rowlock_private.changes enable row level security, force row level security;
create policy owner_all on rowlock_private.changes to rowlock_owner using (true) with check (true);

create function rowlock_private.tell(organization uuid, ids uuid[]) returns void
language plpgsql as $$ -- the rest as whoever calls it
begin
  if cardinality(ids) = 0 then return; end if;
  insert into rowlock_private.changes (organization_id, ids)
  values (organization, case when cardinality(tell.ids) <= 256 then tell.ids end);
  perform pg_notify('rowlock:changes', '');
end $$;
comment on function rowlock_private.tell(uuid, uuid[]) is
  'Tells in this transaction that jobs have changed. For what happens seldom: what people do, and what follows from it.';

create function rowlock_private.tell_changes(organizations uuid[], ids uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into rowlock_private.changes (organization_id, ids)
  select u.organization, case when count(u.id) = count(*) and count(*) <= 256 then array_agg(u.id) end
  from unnest(organizations, ids) u(organization, id) group by u.organization;
  perform pg_notify('rowlock:changes', '');
  -- About every tenth second of a process that tells all the time.
  if random() < 0.01 then
    delete from rowlock_private.changes c where c.at < clock_timestamp() - interval '1 minute';
  end if;
end $$;
comment on function rowlock_private.tell_changes(uuid[], uuid[]) is
  'A process tells what its jobs came to: an organization and a job each, or no job for many. One notification, with nothing in it.';
grant execute on function rowlock_private.tell_changes(uuid[], uuid[]) to rowlock_task, rowlock_api;
