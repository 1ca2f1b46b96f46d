-- Transactions that stay open. What one of them may still see is not vacuumed, in any table: queues on Postgres die of it.

create function rowlock_private.open_transactions(longer_than interval, host text, pid int) returns table (
  transaction text, backend int, login text, application text, address text, state text, since timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform rowlock_private.require_dispatcher();
  return query
  -- Who is in a transaction everybody may see by its lock on its own number; since when, from where and in which state
  -- only with the rights of pg_read_all_stats.
  select l.virtualtransaction, a.pid, a.usename::text, a.application_name, host(a.client_addr), a.state, a.xact_start
  from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'virtualxid' and l.granted and a.datname = current_database() and a.usename is not null
    and a.pid <> pg_backend_pid()
    and (a.xact_start is null or a.xact_start < clock_timestamp() - longer_than)
    -- One worker tells, the one that has lived longest: not each of them about each transaction.
    and (select (w.host, w.pid) = (open_transactions.host, open_transactions.pid) from rowlock_private.workers w
         where w.seen_at > now() - interval '10 seconds' order by w.started_at, w.id limit 1);
end $$;
comment on function rowlock_private.open_transactions(interval, text, int) is
  'Transactions in this database that are open for longer than that, and where since is not to be seen all that are open; for the worker process that has lived longest.';
grant execute on function rowlock_private.open_transactions(interval, text, int) to rowlock_task;
