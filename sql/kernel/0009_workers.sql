-- Workers, and what becomes of a dead one's jobs. A worker holds a session advisory lock on its id; when its
-- connection goes, the lock goes, and any other worker gives its deliveries back to the broker.

create table rowlock_private.workers (
  id text primary key,
  host text not null,
  pid int not null,
  version text not null,
  concurrency int not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  polled_at timestamptz,
  running int not null default 0,
  pool_waiting int not null default 0
);
comment on table rowlock_private.workers is
  'Worker pools that live, by the id under which the broker locks rows for them. A row without its advisory lock is a dead worker''s.';

alter table rowlock_private.workers enable row level security;
alter table rowlock_private.workers force row level security;
create policy owner_all on rowlock_private.workers to rowlock_owner using (true) with check (true);

create function rowlock_private.worker_lock(id text) returns bigint
language sql immutable parallel safe as $$
  -- One space of keys for our locks: the upper half says what it is, the lower which.
  select (1919905644::bigint << 32) | (hashtext(id)::bigint & 4294967295)
$$;
comment on function rowlock_private.worker_lock(text) is 'The key of the advisory lock that a living worker holds.';

create function rowlock_private.register_worker(
  id text, host text, pid int, version text, concurrency int, again boolean
) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not pg_try_advisory_lock(rowlock_private.worker_lock(register_worker.id)) then
    -- The server has not noticed yet that the former connection is gone.
    raise exception 'Worker % is registered by another connection.', register_worker.id using errcode = 'RL425';
  end if;
  -- A worker that comes back and finds itself gone was taken for dead: it must not enter again under this id.
  if again then return; end if;
  insert into rowlock_private.workers (id, host, pid, version, concurrency)
  values (register_worker.id, register_worker.host, register_worker.pid, register_worker.version, register_worker.concurrency);
end $$;
comment on function rowlock_private.register_worker(text, text, int, text, int, boolean) is
  'Enters a worker and takes its lock, on the connection it keeps for that; again: takes the lock anew after that connection was lost.';
grant execute on function rowlock_private.register_worker(text, text, int, text, int, boolean) to rowlock_task;

create function rowlock_private.worker_seen(id text, polled_at timestamptz, running int, pool_waiting int default 0) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update rowlock_private.workers w
  set seen_at = now(), polled_at = worker_seen.polled_at, running = worker_seen.running, pool_waiting = worker_seen.pool_waiting
  where w.id = worker_seen.id
  returning true
$$;
comment on function rowlock_private.worker_seen(text, timestamptz, int, int) is
  'A sign of life. pool_waiting: how much of the process waits for a connection. Null when the worker is not entered any more: others took it for dead and its jobs run elsewhere.';
grant execute on function rowlock_private.worker_seen(text, timestamptz, int, int) to rowlock_task;

grant create on schema rowlock_private to rowlock_broker;
set local role rowlock_broker;
create function rowlock_private.release_workers(ids text[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  held int := (select count(*) from graphile_worker._private_jobs j where j.locked_by = any(ids));
begin
  if held = 0 then return 0; end if;
  perform graphile_worker.force_unlock_workers(ids);
  -- Unlocking tells nobody; without this the deliveries would wait for the next poll.
  perform pg_notify('jobs:insert', json_build_object('r', random(), 'count', held)::text);
  return held;
end $$;
comment on function rowlock_private.release_workers(text[]) is
  'Gives the deliveries of dead workers back to the broker at once; left alone it waits four hours.';
revoke execute on function rowlock_private.release_workers(text[]) from public;
grant execute on function rowlock_private.release_workers(text[]) to rowlock_owner;
create function rowlock_private.unknown_lockers(known text[]) returns text[]
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array_agg(distinct j.locked_by) from graphile_worker._private_jobs j
  where j.locked_at < now() - interval '10 seconds' and j.locked_by <> all(known)
$$;
comment on function rowlock_private.unknown_lockers(text[]) is
  'Who holds deliveries without being entered as a worker: one that died in its first moment.';
revoke execute on function rowlock_private.unknown_lockers(text[]) from public;
grant execute on function rowlock_private.unknown_lockers(text[]) to rowlock_owner;
create function rowlock_private.give_back_strays(worker text, held bigint[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  strays int;
begin
  update graphile_worker._private_jobs j
  set locked_by = null, locked_at = null, attempts = greatest(0, j.attempts - 1)
  where j.locked_by = worker and j.locked_at < now() - interval '3 seconds' and j.id <> all(held);
  get diagnostics strays = row_count;
  if strays > 0 then perform pg_notify('jobs:insert', json_build_object('r', random(), 'count', strays)::text); end if;
  return strays;
end $$;
comment on function rowlock_private.give_back_strays(text, bigint[]) is
  'Gives back what the broker holds for a worker and the worker does not know of. None was begun, so none counts as tried.';
revoke execute on function rowlock_private.give_back_strays(text, bigint[]) from public;
grant execute on function rowlock_private.give_back_strays(text, bigint[]) to rowlock_owner;
set local role rowlock_owner;
revoke create on schema rowlock_private from rowlock_broker;

create function rowlock_private.return_strays(worker text, held bigint[]) returns int
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select rowlock_private.give_back_strays(worker, held)
$$;
comment on function rowlock_private.return_strays(text, bigint[]) is
  'A living worker says which deliveries it knows of: fetches whose answer was lost left it others, which go back to the broker.';
grant execute on function rowlock_private.return_strays(text, bigint[]) to rowlock_task;

create function rowlock_private.unregister_worker(id text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from rowlock_private.workers w where w.id = unregister_worker.id;
  perform pg_advisory_unlock(rowlock_private.worker_lock(unregister_worker.id));
  return rowlock_private.release_workers(array[unregister_worker.id]);
end $$;
comment on function rowlock_private.unregister_worker(text) is
  'The end of a worker, in order or not: what it still holds goes back to the broker. Says how much that was.';
grant execute on function rowlock_private.unregister_worker(text) to rowlock_task;

create function rowlock_private.rescue(thorough boolean) returns table (worker text, deliveries int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  dead text;
begin
  for dead in
    select w.id from rowlock_private.workers w
    union all
    select unnest(rowlock_private.unknown_lockers((select coalesce(array_agg(w.id), '{}') from rowlock_private.workers w)))
    where thorough
  loop
    -- To the end of this transaction, so that two rescuers do not both do it; a living worker's lock is not to be had.
    continue when not pg_try_advisory_xact_lock(rowlock_private.worker_lock(dead));
    deliveries := rowlock_private.release_workers(array[dead]);
    delete from rowlock_private.workers w where w.id = dead;
    worker := dead;
    return next;
  end loop;
end $$;
comment on function rowlock_private.rescue(boolean) is
  'Looks for dead workers and gives their deliveries back. A wrong rescue is harmless: the row lock and the fence decide. thorough looks at the broker''s table too, for workers that were never entered.';
grant execute on function rowlock_private.rescue(boolean) to rowlock_task;
