-- What operators watch: who has which share of the hands, and how the database fares. Figures and names, never what is
-- in a job or a statement.

-- Prefixes are looked up, whatever the case.
create index organizations_name on rowlock.organizations (lower(name) text_pattern_ops);
-- What operators did, the newest first, over all organizations.
create index audit_entries_operators on rowlock.audit_entries (id) where operator is not null;

create function rowlock_private.next_organization(behind uuid) returns uuid
language sql stable set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_sort = off -- plans made while the tables were small are kept when they are large
as $$
  select least(
    (select l.organization_id from rowlock.live l where l.organization_id > behind order by l.organization_id limit 1),
    (select p.organization_id from rowlock.policies p where p.organization_id > behind order by p.organization_id limit 1),
    (select x.organization_id from rowlock.pauses x where x.organization_id > behind order by x.organization_id limit 1))
$$;
comment on function rowlock_private.next_organization(uuid) is
  'The next organization, by id, that has unfinished jobs, a policy or a pause.';

create function rowlock_private.weights_at_work(flying uuid[]) returns float8
language plpgsql stable set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_sort = off set jit = off -- plans made while the table was small are kept when it is large
as $$
declare
  most constant int := 20000;
  found uuid[];
begin
  found := array(
    with recursive waiting as (
      -- The order is that of one index, from one organization to the next: never through the jobs of one.
      (select l.organization_id from rowlock.live l where l.state = 'waiting'
       order by l.organization_id, l.lane, l.priority limit 1)
      union all
      select n.organization_id from waiting w cross join lateral (
        select l.organization_id from rowlock.live l where l.state = 'waiting' and l.organization_id > w.organization_id
        order by l.organization_id, l.lane, l.priority limit 1) n)
    select w.organization_id from waiting w limit most + 1);
  if cardinality(found) > most then return null; end if;
  return (
    select sum(coalesce(p.weight, 1))::float8
    from (select unnest(found) union select unnest(flying)) o(id)
    left join rowlock.policies p on p.organization_id = o.id
    -- Who is held back takes part in nothing.
    where p.paused is not true
      and not exists (select from rowlock.pauses x where x.organization_id = o.id and x.task = ''));
end $$;
comment on function rowlock_private.weights_at_work(uuid[]) is
  'The weights of all organizations whose jobs wait and of these, together, without those that are paused. One look into the index for each; null when more than 20,000 wait.';

create type rowlock.organization_share as (
  organization_id uuid, name text, weight real, in_flight int, waiting int, scheduled int, oldest_waiting_seconds real,
  used real, due real, paused boolean, own_paused boolean, own_paused_tasks text[], max_running int, rate_jobs int,
  rate_ms int);
comment on type rowlock.organization_share is
  'What an organization has of the system, and what is before it. used: its jobs in flight, as a part of all that are. due: its weight, as a part of the weights of all whose jobs wait or are in flight and who are not paused; 0 for one with nothing to do or paused, null when more than 20,000 organizations wait. paused: by operators; own_paused and own_paused_tasks: by itself. waiting and scheduled are counted up to 10,000.';

create function rowlock.organization_shares(
  search text default null, organization uuid default null, after_organization uuid default null
) returns setof rowlock.organization_share
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  listed uuid[];
  flying uuid[];
  flights int[];
  all_flights float8;
  weights float8;
begin
  if organization_shares.organization is not null then
    listed := array[organization_shares.organization];
  elsif nullif(search, '') is not null then
    listed := array(
      select o.id from rowlock.organizations o
      where lower(o.name) ~>=~ lower(search) and lower(o.name) ~<~ (lower(search) || chr(1114111))
      order by lower(o.name) using ~<~, o.id limit 100);
  else
    listed := array(
      with recursive found as (
        select rowlock_private.next_organization(coalesce(after_organization, '00000000-0000-0000-0000-000000000000')) as id, 1 as n
        union all
        select rowlock_private.next_organization(f.id), f.n + 1 from found f where f.id is not null and f.n < 100)
      select f.id from found f where f.id is not null order by f.n);
  end if;
  select coalesce(array_agg(y.organization_id), '{}'), coalesce(array_agg(y.jobs), '{}'), coalesce(sum(y.jobs), 0)
  into flying, flights, all_flights from rowlock_private.in_flight() y;
  weights := rowlock_private.weights_at_work(flying);
  return query
  select i.id, o.name, coalesce(p.weight, 1), f.jobs, b.waiting, b.scheduled, b.oldest_waiting_seconds,
         case when all_flights > 0 then f.jobs / all_flights else 0 end::real,
         case when b.waiting + f.jobs = 0 or p.paused is true or own.whole then 0
              else coalesce(p.weight, 1) / nullif(weights, 0) end::real,
         p.paused is true, own.whole, own.tasks, p.max_running, p.rate_jobs, p.rate_ms
  from unnest(listed) with ordinality i(id, ord)
  left join rowlock.organizations o on o.id = i.id
  left join rowlock.policies p on p.organization_id = i.id
  cross join lateral rowlock_private.backlog_of(i.id) b
  cross join lateral (select coalesce(flights[array_position(flying, i.id)], 0) as jobs) f
  cross join lateral (
    select coalesce(bool_or(x.task = ''), false) as whole,
           coalesce(array_agg(x.task order by x.task) filter (where x.task <> ''), '{}') as tasks
    from (select y.task from rowlock.pauses y where y.organization_id = i.id order by y.task limit 100) x) own
  order by i.ord;
end $$;
comment on function rowlock.organization_shares(text, uuid, uuid) is
  'How the system is shared out: organizations that have unfinished jobs, a policy or a pause, 100 in order of their ids, behind after_organization if it is given. With search the first 100 whose name begins with it, whatever the case; with organization that one.';
grant execute on function rowlock.organization_shares(text, uuid, uuid) to rowlock_operator;

create type rowlock.table_health as (
  name text, partitions int, live_rows bigint, dead_rows bigint, bytes bigint, last_autovacuum timestamptz);
comment on type rowlock.table_health is
  'A table of the kernel or the broker, its partitions together. Rows as statistics have them; bytes with indexes, null while one of it is locked against everybody; last_autovacuum: the latest of any partition.';

create function rowlock_private.table_health() returns setof rowlock.table_health
language sql stable set search_path = pg_catalog, pg_temp as $$
  with shut as materialized (
    -- To ask for the size of a table waits for its lock, and this must answer when nothing else does.
    select l.relation from pg_locks l
    where l.mode = 'AccessExclusiveLock' and l.locktype = 'relation'
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
  ), tables as (
    select coalesce(pg_partition_root(c.oid), c.oid)::oid as root, c.oid, c.relispartition
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('rowlock', 'rowlock_private', 'graphile_worker') and c.relkind in ('r', 'p')
  )
  select (select format('%s.%s', n.nspname, r.relname) from pg_class r join pg_namespace n on n.oid = r.relnamespace where r.oid = t.root),
         count(*) filter (where t.relispartition)::int,
         coalesce(sum(s.n_live_tup), 0)::bigint, coalesce(sum(s.n_dead_tup), 0)::bigint,
         case when bool_or(k.relation is not null) then null
              else sum(case when k.relation is null then pg_total_relation_size(t.oid) end) end::bigint,
         max(s.last_autovacuum)
  from tables t left join pg_stat_user_tables s on s.relid = t.oid
  left join (select distinct relation from shut) k on k.relation = t.oid
  group by t.root order by 5 desc nulls first, 1
$$;
comment on function rowlock_private.table_health() is 'The tables of the kernel and of the broker, the largest first.';

create type rowlock.transaction_holder as (
  holder text, pid int, login text, application text, state text, statement text, seconds real, xmin_age bigint);
comment on type rowlock.transaction_holder is
  'Who keeps rows from being vacuumed. holder: session, prepared or slot, whose name is then in application. statement: the first word of what a session does or did last, never more. seconds: how long its transaction is open. xmin_age: how many transactions ago the oldest that it may still see was.';

create function rowlock_private.transaction_holders() returns setof rowlock.transaction_holder
language sql stable set search_path = pg_catalog, pg_temp as $$
  select 'session', a.pid, a.usename::text, a.application_name, a.state,
         -- A word of this list or none: a statement may begin with anything, and hold what a tenant wrote.
         case when upper(w.word) in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'WITH', 'COPY', 'BEGIN', 'START', 'COMMIT',
           'ROLLBACK', 'SAVEPOINT', 'SET', 'LOCK', 'VACUUM', 'ANALYZE', 'CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'REINDEX', 'CALL',
           'DO', 'FETCH', 'DECLARE', 'EXECUTE', 'REFRESH', 'LISTEN', 'EXPLAIN', 'CLUSTER')
         then upper(w.word) end,
         extract(epoch from clock_timestamp() - a.xact_start)::real,
         greatest(age(a.backend_xmin), age(a.backend_xid))::bigint
  from pg_stat_activity a cross join lateral (select substring(a.query from '^\s*([A-Za-z]{1,10})') as word) w
  where a.pid <> pg_backend_pid() and (a.datname = current_database() or a.datname is null)
    -- Vacuum itself keeps nothing.
    and a.backend_type is distinct from 'autovacuum worker'
    and (a.xact_start is not null or a.backend_xmin is not null)
  union all
  select 'prepared', null, p.owner::text, p.gid, null, null, extract(epoch from clock_timestamp() - p.prepared)::real,
         age(p.transaction)::bigint
  from pg_prepared_xacts p where p.database = current_database()
  union all
  select 'slot', s.active_pid, null, s.slot_name::text, case when s.active then 'active' else 'inactive' end, null, null,
         greatest(age(s.xmin), age(s.catalog_xmin))::bigint
  from pg_replication_slots s where s.xmin is not null or s.catalog_xmin is not null
$$;
comment on function rowlock_private.transaction_holders() is
  'Open transactions, prepared ones and replication slots: of sessions of others only with the rights of pg_read_all_stats.';

grant create on schema rowlock_private to rowlock_broker;
create type rowlock.queue_health as (deliveries int, locked int, oldest_seconds real);
comment on type rowlock.queue_health is
  'What the broker has, of any task, counted up to 100,000: deliveries, those that workers hold, and since when the oldest is there.';
set local role rowlock_broker;
create function rowlock_private.queue_health() returns table (deliveries int, locked int, oldest_seconds real)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select count(*)::int, count(j.locked_by)::int, extract(epoch from clock_timestamp() - min(j.created_at))::real
  from (select p.locked_by, p.created_at from graphile_worker._private_jobs p limit 100000) j
$$;
comment on function rowlock_private.queue_health() is 'What the broker has, counted up to 100,000.';
revoke execute on function rowlock_private.queue_health() from public;
grant execute on function rowlock_private.queue_health() to rowlock_owner;
set local role rowlock_owner;
revoke create on schema rowlock_private from rowlock_broker;

create type rowlock.dispatcher_health as (pid int, since timestamptz, busy boolean, seen_at timestamptz);
comment on type rowlock.dispatcher_health is
  'Who shares out the backlog. pid: its session in the database, null when there is none; since: when that began. busy: jobs wait. seen_at: when it last looked.';

create type rowlock.connection_count as (login text, state text, connections int);
comment on type rowlock.connection_count is
  'Sessions of a login in a state; of other databases on this server together, without a login.';

create type rowlock.replica as (name text, state text, behind_bytes bigint, behind_seconds real);
comment on type rowlock.replica is 'A server that follows this one, and how far behind it is.';

create type rowlock.database_health as (
  complete boolean, tables rowlock.table_health[], live_rows bigint, dead_rows bigint, bytes bigint,
  oldest_transaction rowlock.transaction_holder, oldest_xmin rowlock.transaction_holder,
  connections rowlock.connection_count[], max_connections int, lock_waits int, queue rowlock.queue_health,
  dispatcher rowlock.dispatcher_health, replicas rowlock.replica[]);
comment on type rowlock.database_health is
  'How the database fares. complete: whether sessions of others are seen (pg_read_all_stats); else their states, ages and oldest transactions are missing. lock_waits: sessions that wait for a lock of another. oldest_transaction, oldest_xmin: null when there is none.';

create function rowlock.database_health() returns rowlock.database_health
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with tables as materialized (select t from rowlock_private.table_health() t),
  holders as materialized (select h from rowlock_private.transaction_holders() h)
  select
    pg_has_role('rowlock_owner', 'pg_read_all_stats', 'usage'),
    array(select t from tables),
    (select sum((t).live_rows)::bigint from tables),
    (select sum((t).dead_rows)::bigint from tables),
    (select sum((t).bytes)::bigint from tables),
    (select h from holders where (h).seconds is not null order by (h).seconds desc limit 1),
    (select h from holders where (h).xmin_age is not null order by (h).xmin_age desc limit 1),
    array(
      select (c.login, c.state, c.connections)::rowlock.connection_count from (
        select case when a.datname = current_database() then a.usename::text end as login, a.state, count(*)::int as connections
        from pg_stat_activity a
        where a.usename is not null and coalesce(a.backend_type, 'client backend') in ('client backend', 'walsender')
        group by 1, 2 order by 3 desc, 1, 2 limit 100) c),
    current_setting('max_connections')::int,
    (select count(distinct l.pid)::int from pg_locks l where not l.granted),
    (select (q.deliveries, q.locked, q.oldest_seconds)::rowlock.queue_health from rowlock_private.queue_health() q),
    (select (a.pid, a.backend_start, s.busy, nullif(s.seen_at, '-infinity'))::rowlock.dispatcher_health
     from rowlock_private.dispatch_state s
     left join pg_locks l on l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid = 1919905644 and l.objid = 1
       and l.database = (select d.oid from pg_database d where d.datname = current_database())
     left join pg_stat_activity a on a.pid = l.pid
     limit 1),
    array(
      select (r.application_name, r.state,
        case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::bigint end,
        extract(epoch from r.replay_lag)::real)::rowlock.replica
      from pg_stat_replication r order by r.application_name limit 100)
$$;
comment on function rowlock.database_health() is
  'Sizes and dead rows, who keeps them from being vacuumed, connections and waits, the queue and its dispatcher. Reads no row of a tenant.';
grant execute on function rowlock.database_health() to rowlock_operator;
