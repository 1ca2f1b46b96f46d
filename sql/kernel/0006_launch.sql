-- Launching: one function behind every door. Organization and user come from the claims, or in a trigger from the row.

-- The broker's tables have row-level security without a policy: only their owner reaches them.
grant create on schema rowlock_private to rowlock_broker;
grant usage on schema rowlock_private to rowlock_broker;
set local role rowlock_broker;
create function rowlock_private.deliver(task text, payloads json[]) returns setof bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  task_id int;
begin
  -- Not add_jobs(): it takes a number from the sequence of tasks at each call, new task or not, and that is an integer.
  select t.id into task_id from graphile_worker._private_tasks t where t.identifier = deliver.task;
  if not found then
    insert into graphile_worker._private_tasks (identifier) values (deliver.task) on conflict do nothing;
    select t.id into task_id from graphile_worker._private_tasks t where t.identifier = deliver.task;
  end if;
  perform pg_notify('jobs:insert', '{"r":' || random() || ',"count":' || cardinality(payloads) || '}');
  -- All of one priority, in the order given: between organizations it is the dispatcher that chooses. Attempts are
  -- counted on the job's own row: the broker never gives up by itself.
  return query
    insert into graphile_worker._private_jobs (task_id, payload, max_attempts)
    select task_id, p.payload, 32767 from unnest(payloads) with ordinality p(payload, ord) order by p.ord
    returning id;
end $$;
comment on function rowlock_private.deliver(text, json[]) is
  'Hands deliveries to the broker, Graphile Worker, in this transaction; returns its ids for them, in their order. A payload names jobs and nothing else: {"job": id} or {"jobs": [id, …]}; who they belong to stands on the jobs'' own rows.';
revoke execute on function rowlock_private.deliver(text, json[]) from public;
grant execute on function rowlock_private.deliver(text, json[]) to rowlock_owner;
set local role rowlock_owner;
revoke create on schema rowlock_private from rowlock_broker;

create function rowlock_private.lane_of(task rowlock.tasks, limited boolean, payload jsonb) returns text
language sql immutable parallel safe as $$
  -- chr(31) stands in no task's name. Long keys are hashed: a lane is part of an index.
  select case
    when task.concurrency_path is not null then
      task.name || chr(31) || case when length(k.key) > 100 then md5(k.key) else k.key end
    when limited then task.name
    else '' end
  from (select coalesce(payload #>> task.concurrency_path, '') as key) k
$$;
comment on function rowlock_private.lane_of(rowlock.tasks, boolean, jsonb) is
  'The queue of its own in which a job under a limit of its task or key waits; empty for all others.';

create function rowlock_private.check_tags(tags text[]) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  bad text;
begin
  if cardinality(tags) > 20 then
    raise exception 'There are % tags; a job may have at most 20.', cardinality(tags) using errcode = 'RL423',
      detail = '[{"path":"/tags","message":"must be at most 20"}]', hint = 'What differs from job to job belongs into the payload.';
  end if;
  select t into bad from unnest(tags) t where t is null or length(t) not between 1 and 50 or t ~ '[[:cntrl:]]' limit 1;
  if found then
    raise exception 'The tag "%" has % characters; a tag has 1 to 50, none of them a control character.',
      regexp_replace(left(coalesce(bad, 'null'), 50), '[[:cntrl:]]', '?', 'g'), coalesce(length(bad), 0) using errcode = 'RL423',
      detail = '[{"path":"/tags","message":"must have 1 to 50 characters each, none of them a control character"}]';
  end if;
end $$;
comment on function rowlock_private.check_tags(text[]) is 'RL423 for tags that a job cannot have.';

create function rowlock_private.launch(
  organization uuid, "user" uuid, role text, source text, task text, payloads jsonb[], keys text[],
  run_at timestamptz, priority int, max_attempts int, parent uuid, key_mode text, deadline timestamptz,
  batch uuid, depends_on uuid[], if_failed text, tags text[] default null
) returns uuid[]
language plpgsql set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- plans made while the table was small are kept when it is large
set plan_cache_mode = force_generic_plan -- planning through all periods takes longer than the inserts
as $$
#variable_conflict use_column -- "on conflict (… task, key)" cannot be qualified
declare
  known record; -- the task, and what else decides: limits, policy, whether jobs wait
  ids uuid[]; -- made here, one a payload
  fresh uuid[]; -- those of them that became jobs
  kept uuid[]; -- what is returned: for a payload whose key was taken, the job that has it
  too_large record;
  room int; -- how many more unfinished jobs the organization may have
  born text; -- the state in which the jobs are made
  replaced rowlock.live[];
  moment timestamptz := rowlock_private.clock();
begin
  -- All that is to be known, in one look: each statement here costs a launch more than the row it reads.
  select t as task, t.concurrency_path is not null as keyed, l.task is not null as limited, p.max_pending,
         p.paused or p.max_running is not null or p.rate_jobs is not null as organization_limited,
         s.busy, s.seen_at < now() - interval '3 seconds' as deserted
  into known
  from rowlock.tasks t
  cross join rowlock_private.dispatch_state s
  left join rowlock.task_policies l on l.task = t.name
  left join rowlock.policies p on p.organization_id = launch.organization
  where t.name = launch.task;
  if not found then
    raise exception 'There is no task "%".', launch.task using errcode = 'RL410',
      hint = 'The catalogue is written when a worker that has the task starts.';
  end if;
  if rowlock_private.role_rank(launch.role) < rowlock_private.role_rank((known.task).launch_role) then
    raise exception 'The role % may not launch the task "%"; it takes %.', launch.role, launch.task, (known.task).launch_role
      using errcode = 'RL403', hint = 'Ask an administrator of the organization.';
  end if;
  if cardinality(payloads) = 0 then return '{}'; end if;
  if launch.priority not between -100 and 100 then
    raise exception 'priority is %; it must be between -100 and 100.', launch.priority using errcode = 'RL423',
      detail = '[{"path":"/priority","message":"must be between -100 and 100"}]';
  end if;
  if launch.max_attempts not between 1 and 100 then
    raise exception 'max_attempts is %; it must be between 1 and 100.', launch.max_attempts using errcode = 'RL423',
      detail = '[{"path":"/maxAttempts","message":"must be between 1 and 100"}]';
  end if;
  if launch.run_at > moment + interval '366 days' then
    raise exception 'run_at is %; it must be at most 366 days ahead.', launch.run_at using errcode = 'RL423',
      detail = '[{"path":"/runAt","message":"must be at most 366 days ahead"}]';
  end if;
  if depends_on is not null and (if_failed not in ('cancel', 'go on') or if_failed is null) then
    raise exception 'if_failed is %; it must be "cancel" or "go on".', if_failed using errcode = 'RL423',
      detail = '[{"path":"/ifFailed","message":"must be cancel or go on"}]';
  end if;
  if tags is not null then perform rowlock_private.check_tags(tags); end if;
  if batch is not null then perform rowlock_private.hold_batch(organization, batch); end if;
  if key_mode not in ('keep', 'replace', 'debounce') or key_mode is null then
    raise exception 'key_mode is %; it must be keep, replace or debounce.', key_mode using errcode = 'RL423',
      detail = '[{"path":"/keyMode","message":"must be keep, replace or debounce"}]';
  end if;
  if keys is not null then
    if exists (select from unnest(keys) k where length(k) not between 1 and 200) then
      raise exception 'A key is empty or longer than 200 characters.' using errcode = 'RL423',
        detail = '[{"path":"/key","message":"must have 1 to 200 characters"}]';
    end if;
  end if;
  -- As a whole first: a small launch needs no look at each.
  if pg_column_size(payloads) > 16384 then
    select p.ord, octet_length(p.payload::text) as bytes into too_large
    from unnest(payloads) with ordinality p(payload, ord)
    where pg_column_size(p.payload) > 16384 and octet_length(p.payload::text) > 262144 limit 1;
    if found then
      raise exception 'Payload % of "%" has % bytes; at most 262144 are allowed.', too_large.ord, launch.task, too_large.bytes
        using errcode = 'RL413', hint = 'Store the data in a table of yours and pass its id.';
    end if;
  end if;
  if array_position(payloads, null) is not null then
    raise exception 'A payload is null.' using errcode = 'RL423', hint = 'Pass {} for none.';
  end if;
  -- What completes a batch was promised when the batch was made.
  if known.max_pending is not null and launch.source <> 'batch' then
    -- Counted no further than to the limit, and before anything is written: what is refused again and again leaves
    -- nothing to vacuum. "Between" and this order leave the planner one index to walk.
    room := known.max_pending - (select count(*) from (
      select from rowlock.live l where l.organization_id between launch.organization and launch.organization
      order by l.organization_id, l.id limit known.max_pending) counted);
    if cardinality(payloads) > room and (keys is null or room < (
      -- A key that is taken adds nothing. Looked up one by one, as below.
      select count(*) filter (where k.key is null) + count(distinct k.key) from unnest(keys) k(key)
      where (select l.id from rowlock.live l
             where l.organization_id = launch.organization and l.task = launch.task and l.key = k.key) is null)) then
      raise exception 'The organization may have % unfinished jobs at once and has %; a launch of % more is refused.',
        known.max_pending, known.max_pending - room, cardinality(payloads) using errcode = 'RL429',
        hint = 'Launch again when some have ended, or ask whoever runs the platform for a larger max_pending.';
    end if;
  end if;

  -- Ids are made in order of the array, so that jobs run in the order they were given.
  if cardinality(payloads) = 1 then
    ids := array[rowlock.uuid7()];
  else
    ids := array(select made.id from (select rowlock.uuid7() as id from generate_series(1, cardinality(payloads))) made order by made.id);
  end if;
  -- Not before now: the broker takes the oldest first, and a date in the past would jump the queue of everyone.
  run_at := coalesce(greatest(run_at, moment), moment);
  deadline := coalesce(deadline, run_at + (known.task).deadline_ms * interval '1 millisecond');
  if deadline <= run_at then
    raise exception 'deadline is %; it must lie after run_at.', deadline using errcode = 'RL423',
      detail = '[{"path":"/deadline","message":"must lie after runAt"}]';
  end if;

  -- Handed over at once only while nobody waits, little at a time, and never where a limit must be exact: two launches
  -- cannot see each other. Else the dispatcher finds the row. While all workers are away, what piles up waits too: it is
  -- shared out when they are back. `rowlock run-task` runs its job in place.
  born := case
    when cardinality(depends_on) > 0 then 'blocked'
    when launch.source = 'run-task' then 'queued'
    when launch.run_at > moment then 'scheduled'
    when known.busy or known.deserted or known.limited or known.keyed or known.organization_limited
      -- In the background nothing goes past the dispatcher: it keeps hands free for others.
      or cardinality(payloads) > 100 or launch.source = 'schedule' or launch.priority > 0 then 'waiting'
    else 'queued' end;
  -- What goes past the dispatcher must not go past what the organization holds back. All else it looks at itself.
  if born = 'queued' and launch.source <> 'run-task' and exists (
    select from rowlock.pauses x where x.organization_id = launch.organization and x.task in ('', launch.task)) then
    born := 'waiting';
  end if;

  if keys is null and cardinality(ids) = 1 then
    -- By far the most frequent launch; both inserts in one statement are an eighth of its cost.
    with live as (
      insert into rowlock.live (organization_id, id, run_at, deadline_at, batch_id, priority, state, task, lane, user_id)
      values (organization, ids[1], launch.run_at, launch.deadline, launch.batch, launch.priority, born, launch.task,
              case when known.limited or known.keyed then rowlock_private.lane_of(known.task, known.limited, payloads[1]) else '' end,
              "user"))
    insert into rowlock.job (organization_id, id, task, payload, user_id, source, parent_id, batch_id, max_attempts)
    values (organization, ids[1], launch.task, payloads[1], "user", launch.source, launch.parent, launch.batch,
            coalesce(launch.max_attempts, (known.task).max_attempts));
    fresh := ids;
    kept := ids;
  elsif keys is null then
    insert into rowlock.live (organization_id, id, run_at, deadline_at, batch_id, priority, state, task, lane, user_id)
    select organization, i.id, launch.run_at, launch.deadline, launch.batch, launch.priority, born, launch.task,
           case when known.limited or known.keyed then rowlock_private.lane_of(known.task, known.limited, i.payload) else '' end,
           "user"
    from unnest(ids, payloads) i(id, payload);
    fresh := ids;
    kept := ids;
  else
    if key_mode <> 'keep' then
      -- One after the other: of two at the same moment the later must find what the earlier made.
      perform pg_advisory_xact_lock(hashtextextended(concat_ws(chr(31), organization, launch.task, k), 1919905644))
      from (select distinct k from unnest(keys) k where k is not null order by k) k;
      -- What somebody holds is at work, and keeps its key.
      replaced := array(
        select l from rowlock.live l
        where l.organization_id = launch.organization and l.task = launch.task and l.key = any(keys) and l.state <> 'running'
        order by l.id for update skip locked);
      perform rowlock_private.move_to_end(replaced, 'cancelled', 'REPLACED',
        'Another job with this key was launched before this one began.');
    end if;
    with made as (
      insert into rowlock.live (organization_id, id, run_at, deadline_at, batch_id, priority, state, task, lane, key, user_id)
      select organization, i.id, o.run_at, launch.deadline, launch.batch, launch.priority,
             case when born = 'blocked' then born when born <> 'scheduled' and o.run_at > moment then 'scheduled'
                  when born = 'scheduled' and o.run_at <= moment then 'waiting' else born end, launch.task,
             case when known.limited or known.keyed then rowlock_private.lane_of(known.task, known.limited, i.payload) else '' end,
             i.key, "user"
      from unnest(ids, payloads, keys) with ordinality i(id, payload, key, ord)
      -- "replace" takes the place of the one before; "debounce" starts its time anew.
      cross join lateral (select coalesce(
        (select r.run_at from unnest(replaced) r where r.key = i.key and key_mode = 'replace'), launch.run_at) as run_at) o
      order by i.key, i.ord -- one lock order for launches that share keys; the first of equals is kept
      on conflict (organization_id, task, key) where key is not null do nothing
      returning live.id)
    select coalesce(array_agg(made.id order by made.id), '{}') into fresh from made;
    kept := ids;
    if cardinality(fresh) < cardinality(ids) then
      -- The row of a key is ours or the one that was there first. Looked up one by one in the index: joined, a table
      -- that has not been analyzed yet is gone through once for each key.
      kept := (
        select array_agg(case when i.key is null then i.id else (
          select l.id from rowlock.live l
          where l.organization_id = launch.organization and l.task = launch.task and l.key = i.key) end order by i.ord)
        from unnest(ids, keys) with ordinality i(id, key, ord));
      if array_position(kept, null) is not null then
        raise exception 'A job with one of these keys ended at this very moment.' using errcode = '40001',
          hint = 'Launch again.';
      end if;
    end if;
  end if;

  if keys is not null or cardinality(ids) > 1 then
    insert into rowlock.job (organization_id, id, task, payload, key, user_id, source, parent_id, batch_id, max_attempts)
    select organization, i.id, launch.task, i.payload, i.key, "user", launch.source, launch.parent, launch.batch,
           coalesce(launch.max_attempts, (known.task).max_attempts)
    from unnest(ids, payloads, keys) i(id, payload, key)
    where cardinality(fresh) = cardinality(ids) or i.id in (select f from unnest(fresh) f);
  end if;
  -- A job that was kept keeps the tags it has.
  if tags is not null then
    insert into rowlock.job_tags (organization_id, tag, job_id)
    select organization, t.tag, f.id from unnest(fresh) f(id) cross join (select distinct unnest(launch.tags)) t(tag);
  end if;
  if cardinality(fresh) > 0 and born = 'blocked' then
    perform rowlock_private.follow(organization, fresh, depends_on, if_failed);
  elsif cardinality(fresh) > 0 then
    -- `rowlock run-task` runs the job in place: nobody else may take it.
    if launch.source = 'run-task' then
      null;
    elsif born = 'waiting' then
      -- Busy, the dispatcher is awake: a NOTIFY would make launches flush one after the other.
      if not known.busy then perform pg_notify('rowlock:dispatch', ''); end if;
    elsif born = 'queued' then
      -- One that took the place of a scheduled one is not due.
      perform rowlock_private.deliver(launch.task, array(select json_build_object('job', f.id) from unnest(fresh) f(id)
        where key_mode <> 'replace' or exists (select from rowlock.live l where l.id = f.id and l.state = 'queued')));
    end if;
  end if;
  if cardinality(replaced) > 0 then perform rowlock_private.settle_ended(replaced); end if;
  return kept;
end $$;
comment on function rowlock_private.launch(uuid, uuid, text, text, text, jsonb[], text[], timestamptz, int, int, uuid, text, timestamptz, uuid, uuid[], text, text[]) is
  'The core of every launch: checks the catalogue and the bounds, keeps or replaces the unfinished job of a key, inserts the jobs, hands them to the broker if the system is idle. Ids in the order of the payloads.';

create function rowlock.launch_jobs(
  task text, payloads jsonb[], keys text[] default null, run_at timestamptz default null,
  priority int default 0, max_attempts int default null, key_mode text default 'keep', deadline timestamptz default null,
  batch uuid default null, depends_on uuid[] default null, if_failed text default 'cancel', tags text[] default null
) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ids uuid[];
begin
  if keys is not null and cardinality(keys) <> cardinality(payloads) then
    raise exception 'There are % keys for % payloads.', cardinality(keys), cardinality(payloads) using errcode = 'RL423',
      hint = 'Give one key for each payload, or none.';
  end if;
  ids := rowlock_private.launch(
    rowlock.require_role('viewer'), rowlock_private.claim('user_id')::uuid,
    -- A task may launch what only the system may; its own launch was checked.
    case when rowlock_private.claim('job_id') is null then rowlock_private.claim('role') else 'system' end,
    coalesce(rowlock_private.claim('source'), 'sql'), launch_jobs.task, launch_jobs.payloads, launch_jobs.keys,
    launch_jobs.run_at, coalesce(launch_jobs.priority, 0), launch_jobs.max_attempts, rowlock_private.claim('job_id')::uuid,
    launch_jobs.key_mode, launch_jobs.deadline, launch_jobs.batch, launch_jobs.depends_on,
    launch_jobs.if_failed, launch_jobs.tags);
  -- Through a door for people and keys. What an application or a task launches says so on the job itself.
  if rowlock_private.claim('source') in ('rest', 'graphql') then
    perform rowlock_private.audit(rowlock_private.claim('organization_id')::uuid, 'launch', ids[1]::text, null,
      jsonb_build_object('task', launch_jobs.task, 'jobs', cardinality(ids)));
  end if;
  return query select unnest(ids);
end $$;
comment on function rowlock.launch_jobs(text, jsonb[], text[], timestamptz, int, int, text, timestamptz, uuid, uuid[], text, text[]) is
  '@behavior -*
Launches a job for each payload, in one statement; the ids come in the same order. tags are given to all of them.';
grant execute on function rowlock.launch_jobs(text, jsonb[], text[], timestamptz, int, int, text, timestamptz, uuid, uuid[], text, text[]) to rowlock_tenant;

create function rowlock.launch_job(
  task text, payload jsonb default '{}', key text default null, run_at timestamptz default null,
  priority int default 0, max_attempts int default null, key_mode text default 'keep', deadline timestamptz default null,
  batch uuid default null, depends_on uuid[] default null, if_failed text default 'cancel', tags text[] default null
) returns uuid
language sql volatile set search_path = pg_catalog, pg_temp as $$
  select rowlock.launch_jobs(task, array[payload], case when key is not null then array[key] end, run_at, priority,
                             max_attempts, key_mode, deadline, batch, depends_on, if_failed, tags)
$$;
comment on function rowlock.launch_job(text, jsonb, text, timestamptz, int, int, text, timestamptz, uuid, uuid[], text, text[]) is
  '@behavior -*
Launches one job of the claimed organization, in the caller''s transaction; returns its id. With a key, an unfinished job of the same task and key is kept and its id returned; with key_mode "replace" or "debounce" it is replaced while it has not begun, at its time or at that of this launch. With depends_on it is blocked until all of those have ended; if one did not succeed it is cancelled, or goes on (if_failed). tags are words to find it by.';
grant execute on function rowlock.launch_job(text, jsonb, text, timestamptz, int, int, text, timestamptz, uuid, uuid[], text, text[]) to rowlock_tenant;

create function rowlock.launch_job_for(
  organization uuid, "user" uuid, task text, payload jsonb default '{}', key text default null,
  run_at timestamptz default null, priority int default 0, max_attempts int default null, key_mode text default 'keep',
  deadline timestamptz default null, batch uuid default null, depends_on uuid[] default null, if_failed text default 'cancel',
  tags text[] default null
) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  found_role text := 'system';
begin
  if rowlock_private.claim('organization_id')::uuid <> organization then
    raise exception 'The claims name another organization than %.', organization using errcode = 'RL408';
  end if;
  if not rowlock_private.organization_is_active(organization) then
    raise exception 'Organization % is unknown or suspended.', organization using errcode = 'RL406';
  end if;
  if "user" is not null then
    found_role := rowlock_private.member_role(organization, "user");
    if found_role is null then
      raise exception 'User % is not a member of organization %.', "user", organization using errcode = 'RL405';
    end if;
  end if;
  return (rowlock_private.launch(organization, "user", found_role, 'application', task, array[payload],
    case when key is not null then array[key] end, run_at, coalesce(priority, 0), max_attempts, null,
    key_mode, deadline, batch, depends_on, if_failed, tags))[1];
end $$;
comment on function rowlock.launch_job_for(uuid, uuid, text, jsonb, text, timestamptz, int, int, text, timestamptz, uuid, uuid[], text, text[]) is
  '@behavior -*
For an application''s own trusted login, to which it must be granted: launches in its transaction for an organization and user it names. A null user launches as the system.';

create function rowlock.launch_on_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  task text := tg_argv[0];
  columns text[] := tg_argv[1:tg_nargs - 1];
  claimed uuid := rowlock_private.claim('organization_id')::uuid;
  rows jsonb[];
  missing text;
  one record;
begin
  if tg_nargs = 0 then
    raise exception 'Trigger % names no task.', tg_name using errcode = 'RL423',
      hint = 'execute function rowlock.launch_on_change(''task'', ''column'', …)';
  end if;
  if tg_when <> 'AFTER' then
    raise exception 'Trigger % must fire after the change.', tg_name using errcode = 'RL423';
  end if;
  if tg_level = 'ROW' then
    rows := array[to_jsonb(case when tg_op = 'DELETE' then old else new end)];
  elsif not exists (
    select from pg_trigger t where t.tgrelid = tg_relid and t.tgname = tg_name
      and case tg_op when 'DELETE' then t.tgoldtable = 'old_rows' else t.tgnewtable = 'new_rows' end
  ) then
    raise exception 'Trigger % fires per statement and does not name the rows.', tg_name using errcode = 'RL423',
      hint = 'Write "referencing new table as new_rows" ("old table as old_rows" for delete), or "for each row".';
  elsif tg_op = 'DELETE' then
    select array_agg(to_jsonb(r)) into rows from old_rows r;
  else
    select array_agg(to_jsonb(r)) into rows from new_rows r;
  end if;
  select c into missing from unnest(columns) c where not rows[1] ? c limit 1;
  if found then
    raise exception 'Trigger % names the column "%", which %.% does not have.', tg_name, missing, tg_table_schema, tg_table_name
      using errcode = 'RL423';
  end if;

  for one in
    select (r ->> 'organization_id')::uuid as organization,
           array_agg(case when cardinality(columns) is null or cardinality(columns) = 0 then r
             else (select jsonb_object_agg(c, r -> c) from unnest(columns) c) end order by ord) as payloads
    from unnest(rows) with ordinality u(r, ord) group by 1
  loop
    if one.organization is null then
      raise exception 'A row of %.% has no organization_id to launch "%" for.', tg_table_schema, tg_table_name, task
        using errcode = 'RL407', hint = 'The table needs a column organization_id that is not null.';
    end if;
    if claimed <> one.organization then
      raise exception 'A row of %.% belongs to another organization than the claims.', tg_table_schema, tg_table_name
        using errcode = 'RL408';
    end if;
    if not rowlock_private.organization_is_active(one.organization) then
      raise exception 'Organization % is unknown or suspended.', one.organization using errcode = 'RL406';
    end if;
    -- The table's author decided that this change launches, whoever may make it: hence the system's role.
    perform rowlock_private.launch(one.organization, rowlock_private.claim('user_id')::uuid, 'system', 'trigger', task,
      one.payloads, null, null, 0, null, rowlock_private.claim('job_id')::uuid, 'keep', null, null, null, null);
  end loop;
  return null;
end $$;
comment on function rowlock.launch_on_change() is
  'Trigger function: launches the task named first for each changed row; the payload is the row, or the columns named after the task. The organization is the row''s organization_id. Per statement it needs "referencing new table as new_rows" (old_rows for delete) and launches all rows at once.';
grant execute on function rowlock.launch_on_change() to rowlock_tenant, rowlock_owner;
