-- Launches that carry an idempotency key: sent again because the answer was lost, they launch nothing.

create table rowlock.launch_requests (
  organization_id uuid not null,
  key text not null check (length(key) between 1 and 200),
  request_hash bytea not null check (octet_length(request_hash) = 32),
  job_ids uuid[] not null,
  batch_id uuid,
  at timestamptz not null default rowlock_private.clock(),
  primary key (organization_id, key)
);
comment on table rowlock.launch_requests is '@behavior -*
What launches with an idempotency key have launched, written in their transaction and kept for a day. The key of a job is another thing: it is free again when the job has ended.';
comment on column rowlock.launch_requests.request_hash is 'SHA-256 of the request: the same key with another one is a mistake.';
create index launch_requests_at on rowlock.launch_requests (at);
select rowlock.protect_table('rowlock.launch_requests', write_role => null);
grant select on rowlock.launch_requests to rowlock_tenant;

create function rowlock.begin_launch_request(key text, request_hash bytea)
returns table (job_ids uuid[], batch_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  organization uuid := rowlock.require_role('member');
  known rowlock.launch_requests;
begin
  if length(begin_launch_request.key) not between 1 and 200 or begin_launch_request.key is null then
    raise exception 'An idempotency key is empty or longer than 200 characters.' using errcode = 'RL423',
      detail = '[{"path":"/idempotencyKey","message":"must have 1 to 200 characters"}]';
  end if;
  -- Of two at the same moment the later waits here, and then finds what the earlier launched.
  perform pg_advisory_xact_lock(hashtextextended(concat_ws(chr(31), organization, 'request', begin_launch_request.key), 1919905644));
  select r.* into known from rowlock.launch_requests r
  where r.organization_id = organization and r.key = begin_launch_request.key;
  if not found then return; end if;
  if known.request_hash is distinct from begin_launch_request.request_hash then
    raise exception 'The idempotency key "%" was sent with another request at %.', begin_launch_request.key, known.at
      using errcode = 'RL425', hint = 'Send each request with a key of its own; keys are kept for a day.';
  end if;
  return query select known.job_ids, known.batch_id;
end $$;
comment on function rowlock.begin_launch_request(text, bytea) is
  '@behavior -*
What an earlier launch with this idempotency key has launched; no row: there was none, and until the end of this transaction no other begins.';
grant execute on function rowlock.begin_launch_request(text, bytea) to rowlock_tenant;

create function rowlock.end_launch_request(key text, request_hash bytea, job_ids uuid[], batch_id uuid default null)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
begin
  if cardinality(end_launch_request.job_ids) > 10000 then
    raise exception 'A launch request names % jobs; at most 10000 are allowed.', cardinality(end_launch_request.job_ids)
      using errcode = 'RL423';
  end if;
  insert into rowlock.launch_requests (organization_id, key, request_hash, job_ids, batch_id)
  values (organization, end_launch_request.key, end_launch_request.request_hash, end_launch_request.job_ids,
          end_launch_request.batch_id);
end $$;
comment on function rowlock.end_launch_request(text, bytea, uuid[], uuid) is
  '@behavior -*
Writes down what a launch with an idempotency key has launched. The ids are read under row-level security when they are given back.';
grant execute on function rowlock.end_launch_request(text, bytea, uuid[], uuid) to rowlock_tenant;

create function rowlock_private.forget_launch_requests(most int default 10000) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  forgotten int;
begin
  perform rowlock_private.require_dispatcher();
  delete from rowlock.launch_requests r
  where (r.organization_id, r.key) in (
    select x.organization_id, x.key from rowlock.launch_requests x
    where x.at < rowlock_private.clock() - interval '24 hours' order by x.at limit most for update skip locked);
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
comment on function rowlock_private.forget_launch_requests(int) is
  'Removes launch requests older than a day, at most so many; says how many.';
grant execute on function rowlock_private.forget_launch_requests(int) to rowlock_task;
