-- What processes that serve subscriptions ask of the database: whether those who watch may still, and what has changed.

create function rowlock_private.check_subscribers(organizations uuid[], users uuid[], api_keys uuid[])
returns table (n int, role text, problem text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.n::int,
         case when a.active and (s.api_key is null or k.role is not null) then
           case when k.role is not null and rowlock_private.role_rank(k.role) < rowlock_private.role_rank(m.role)
             then k.role else m.role end end,
         case when not a.active then 'RL406' when m.role is null then 'RL405'
              when s.api_key is not null and k.role is null then 'RL401' end
  from unnest(organizations, users, api_keys) with ordinality s(organization, "user", api_key, n)
  cross join lateral (select rowlock_private.organization_is_active(s.organization) as active) a
  cross join lateral (select rowlock_private.member_role(s.organization, s."user") as role) m
  left join lateral (
    select x.role from rowlock.api_keys x
    where x.organization_id = s.organization and x.id = s.api_key and x.user_id = s."user"
      and x.revoked_at is null and (x.expires_at is null or x.expires_at > now())) k on true
$$;
comment on function rowlock_private.check_subscribers(uuid[], uuid[], uuid[]) is
  'Whether members may still see what they watch, as enter() would say: their role now, or the code of the problem. All of a process in one statement.';
grant execute on function rowlock_private.check_subscribers(uuid[], uuid[], uuid[]) to rowlock_api;

create function rowlock_private.newest_change() returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select case when s.is_called then s.last_value else 0 end from rowlock_private.change_numbers s
$$;
comment on function rowlock_private.newest_change() is 'The number that was given to a change last, whether it is committed or not.';
grant execute on function rowlock_private.newest_change() to rowlock_api;

create function rowlock_private.changes_of(after bigint, missing bigint[]) returns table (seq bigint, organization_id uuid, ids uuid[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select c.seq, c.organization_id, c.ids from rowlock_private.changes c where c.seq > after
  union all
  select c.seq, c.organization_id, c.ids from rowlock_private.changes c where c.seq = any(missing) and c.seq <= after
$$;
comment on function rowlock_private.changes_of(bigint, bigint[]) is
  'Changes with a higher number, and those of lower numbers that were not there yet when the reader came by: numbers are given before they are committed.';
grant execute on function rowlock_private.changes_of(bigint, bigint[]) to rowlock_api;

create type rowlock.share as (
  running int, waiting int, weight float8, used float8, due float8, paused boolean);
comment on type rowlock.share is
  'What the organization has of the system. running: its jobs in flight. waiting: counted up to 10,000. used: its jobs in flight, as a part of all that are. due: its weight, as a part of the weights of all that have something to do; 0 with nothing to do or paused, null when more than 20,000 organizations wait. paused: by operators or by itself.';

create function rowlock.current_share() returns rowlock.share
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  organization uuid := rowlock.require_role('viewer');
  flying uuid[];
  flights int[];
  all_flights float8;
  mine rowlock.share;
begin
  select coalesce(array_agg(y.organization_id), '{}'), coalesce(array_agg(y.jobs), '{}'), coalesce(sum(y.jobs), 0)
  into flying, flights, all_flights from rowlock_private.in_flight() y;
  mine.running := coalesce(flights[array_position(flying, organization)], 0);
  mine.waiting := (select b.waiting from rowlock_private.backlog_of(organization) b);
  select p.weight, p.paused into mine.weight, mine.paused from rowlock.policies p where p.organization_id = organization;
  mine.weight := coalesce(mine.weight, 1);
  mine.paused := coalesce(mine.paused, false)
    or exists (select from rowlock.pauses x where x.organization_id = organization and x.task = '');
  mine.used := case when all_flights > 0 then mine.running / all_flights else 0 end;
  mine.due := case when mine.running + mine.waiting = 0 or mine.paused then 0
    else mine.weight / nullif(rowlock_private.weights_at_work(flying), 0) end;
  return mine;
end $$;
comment on function rowlock.current_share() is
  '@name share
What the claimed organization has of the system now. Figures of its own; of others only the sum.';
grant execute on function rowlock.current_share() to rowlock_tenant;
comment on column rowlock.share.running is '@notNull';
comment on column rowlock.share.waiting is '@notNull';
comment on column rowlock.share.weight is '@notNull';
comment on column rowlock.share.used is '@notNull';
comment on column rowlock.share.paused is '@notNull';
