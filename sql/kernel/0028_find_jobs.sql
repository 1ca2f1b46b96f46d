-- Finding jobs by anything, in bounded time and without an index for everything: each index costs every job. Where an
-- index serves (a tag, a batch, rare states, the key of what is unfinished) it leads; else one walks backwards by id, in
-- chunks, and each chunk is filtered. When the time is spent the answer is what was found, and from where to go on.
-- As the owner, who names the organization himself: under the policies of a tenant neither LIKE nor jsonb would be asked
-- before each row was shown to be his.

create function rowlock_private.plain_pattern(text text) returns text
language sql immutable parallel safe as $$
  select '%' || replace(replace(replace(lower(text), '\', '\\'), '%', '\%'), '_', '\_') || '%'
$$;
comment on function rowlock_private.plain_pattern(text) is 'A pattern of LIKE for what contains a text, in lower case.';

create function rowlock_private.find_chunk(
  organization uuid, source text, cursor uuid, lowest uuid, most int, states text[], tasks text[], key text, tag text,
  batch uuid, fingerprint text, pattern text, chosen uuid[]
) returns table (ids uuid[], bound uuid)
language plpgsql stable set search_path = pg_catalog, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  live text := 'select l.id, l.state, l.task, l.key, l.batch_id, l.progress_note, null::text as error_code,
      null::text as error_message, null::jsonb as result from rowlock.live l where l.organization_id = $1';
  ended text := 'select e.id, e.state, e.task, e.key, e.batch_id, null::text as progress_note, e.error_code, e.error_message, e.result
      from rowlock.job_end e where e.organization_id = $1';
  here text := format(' and id < %L and id >= %L order by id desc limit %s', cursor, lowest, most);
  parts text[];
  wanted text := '';
begin
  if source = 'tag' then
    parts := array[format('select t.job_id as id from rowlock.job_tags t where t.organization_id = $1 and t.tag = $5
      and t.job_id < %L and t.job_id >= %L order by t.job_id desc limit %s', cursor, lowest, most)];
  elsif source = 'chosen' then
    parts := array['select c as id from unnest($9) c'];
  elsif source = 'states' then
    -- One branch for each state, in the order of its index.
    parts := array(select ended || format(' and e.state = %L', s) || here from unnest(states) s
                   where s in ('succeeded', 'failed', 'cancelled'));
    if states && '{scheduled,blocked,waiting}' then
      parts := parts || (live || here);
    elsif states && '{queued,running}' then
      -- Of all organizations: never more than workers hold.
      parts := parts || format('select * from (%s) l where l.id < %L and l.id >= %L order by l.id desc limit %s',
        replace(live, 'l.organization_id = $1', 'l.state in (''queued'', ''running'')'), cursor, lowest, most);
    end if;
  else
    parts := array[ended || here, live || here];
  end if;

  if cardinality(parts) = 0 then
    ids := '{}';
    return next;
    return;
  end if;
  wanted := concat_ws(' and ',
    case when states is not null then 'u.state = any($2)' end,
    case when tasks is not null then 'u.task = any($3)' end,
    case when key is not null then 'u.key = $4' end,
    case when tag is not null and source <> 'tag' then 'exists (select from rowlock.job_tags t
      where t.organization_id = $1 and t.job_id = u.id and t.tag = $5)' end,
    case when batch is not null then 'u.batch_id = $6' end,
    case when fingerprint is not null then 'u.error_code is not null
      and rowlock.error_fingerprint(u.task, u.error_code, u.error_message) = $7' end,
    case when pattern is not null then
      'lower(concat_ws(chr(10), u.key, u.error_message, u.progress_note, u.result, (
        select j.payload from rowlock.job j where j.organization_id = $1 and j.id = u.id limit 1))) like $8' end);
  return query execute
    'with ' || (select string_agg(format('p%s as materialized (%s)', n, p), ', ') from unnest(parts) with ordinality x(p, n))
    -- What lies below the end of a part that has more is of a later chunk.
    || ', bound as materialized (select b.id from (' || (
      select string_agg(format('(select id from p%1$s where %3$s and (select count(*) from p%1$s) = %2$s order by id limit 1)',
        n, most, (source <> 'chosen')::text), ' union all ')
      from unnest(parts) with ordinality x(p, n)) || ') b order by b.id desc limit 1)'
    || ' select array(select u.id from ('
    || case when source in ('tag', 'chosen') then
         'select x.* from p1 cross join lateral (' || live || ' and l.id = p1.id union all ' || ended || ' and e.id = p1.id) x'
       else (select string_agg(format('select * from p%s', n), ' union all ') from unnest(parts) with ordinality x(p, n)) end
    || ') u where u.id >= coalesce((select id from bound), ''00000000-0000-0000-0000-000000000000'')'
    || case when source = 'chosen' then format(' and u.id < %L and u.id >= %L', cursor, lowest) else '' end
    || case when source = 'states' and states && '{queued,running}' then -- some may be others'
         ' and exists (select from rowlock.live o where o.organization_id = $1 and o.id = u.id
                       union all select from rowlock.job_end o where o.organization_id = $1 and o.id = u.id)' else '' end
    || case when wanted <> '' then ' and ' || wanted else '' end
    || ' order by u.id desc), (select id from bound)'
    using organization, states, tasks, key, tag, batch, fingerprint, pattern, chosen;
end $$;
comment on function rowlock_private.find_chunk(uuid, text, uuid, uuid, int, text[], text[], text, text, uuid, text, text, uuid[]) is
  'Looks at the newest jobs below the cursor, some times most of them: ids of those that fit, and down to where it has looked (null: to the end).';

create type rowlock_private.find_plan as (source text, lowest uuid, highest uuid, states text[], chosen uuid[]);
comment on type rowlock_private.find_plan is 'How jobs are looked for: what leads, and between which ids.';

create function rowlock_private.plan_find(
  organization uuid, states text[], tasks text[], key text, tag text, batch uuid, fingerprint text,
  launched_after timestamptz, launched_before timestamptz
) returns rowlock_private.find_plan
language plpgsql stable set search_path = pg_catalog, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  few constant int := 2000;
  plan rowlock_private.find_plan;
  b rowlock.batches;
begin
  plan.lowest := coalesce(rowlock_private.uuid_at(launched_after), '00000000-0000-0000-0000-000000000000');
  plan.highest := coalesce(rowlock_private.uuid_at(launched_before), 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  -- In an order of their own and once each; only what failed or was cancelled has a fingerprint.
  plan.states := case when states is not null or fingerprint is not null then array(
    select distinct s from unnest(coalesce(states, '{failed,cancelled}')) s
    where fingerprint is null or s in ('failed', 'cancelled') order by s) end;
  plan.source := case
    when plan.states is null then 'all'
    -- All that have ended are nearly all there are.
    when plan.states @> '{succeeded,failed,cancelled}' then 'all'
    else 'states' end;
  if key is not null and plan.states <@ '{scheduled,blocked,waiting,queued,running}' then
    plan.source := 'chosen';
    plan.chosen := array(
      select l.id from (select t.name from rowlock.tasks t where tasks is null or t.name = any(tasks)) t
      cross join lateral (select x.id from rowlock.live x where x.organization_id = organization and x.task = t.name
        and x.key = plan_find.key limit 1) l);
    return plan;
  end if;
  if batch is not null then
    select * into b from rowlock.batches x where x.organization_id = organization and x.id = batch;
    plan.chosen := array(
      select x.id from (
        (select l.id from rowlock.live l where l.organization_id = organization and l.batch_id = batch limit few + 1)
        union all
        (select e.id from rowlock.job_end e where e.organization_id = organization and e.batch_id = batch limit few + 1)) x);
    if cardinality(plan.chosen) <= few then
      plan.source := 'chosen';
      return plan;
    end if;
    -- Its jobs were launched while it was open; an hour for clocks that were set.
    plan.chosen := null;
    plan.lowest := greatest(plan.lowest, rowlock_private.uuid_at(b.created_at - interval '1 hour'));
    plan.highest := least(plan.highest, rowlock_private.uuid_at(b.completed_at + interval '1 hour'));
  end if;
  if tag is not null and (plan.source = 'all' or (
      select count(*) from (select from rowlock.job_tags t where t.organization_id = organization and t.tag = plan_find.tag
                            limit few + 1) c) <= few) then
    plan.source := 'tag';
  end if;
  return plan;
end $$;
comment on function rowlock_private.plan_find(uuid, text[], text[], text, text, uuid, text, timestamptz, timestamptz) is
  'Chooses the index that leads a search for jobs.';

create function rowlock.find_job_ids(
  text text default null, states text[] default null, tasks text[] default null, key text default null, tag text default null,
  batch uuid default null, error_fingerprint text default null, launched_after timestamptz default null,
  launched_before timestamptz default null, before uuid default null, first int default 50, budget_ms int default 150,
  out ids uuid[], out next uuid, out searched_to timestamptz
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set jit = off as $$
declare
  organization uuid := rowlock.require_role('viewer');
  plan rowlock_private.find_plan;
  most int;
  began timestamptz;
  over timestamptz := clock_timestamp() + least(coalesce(budget_ms, 150), 1000) * interval '1 millisecond';
  took float8;
  chunk record;
  pattern text := case when text <> '' then rowlock_private.plain_pattern(text) end;
begin
  if first is null or first not between 1 and 100 then
    raise exception 'first is %; it must be between 1 and 100.', first using errcode = 'RL423',
      detail = '[{"path":"/first","message":"must be between 1 and 100"}]';
  end if;
  if length(text) > 200 then
    raise exception 'The text to find has % characters; at most 200 are looked for.', length(text) using errcode = 'RL423',
      detail = '[{"path":"/text","message":"must have at most 200 characters"}]';
  end if;
  plan := rowlock_private.plan_find(organization, states, tasks, key, tag, batch, error_fingerprint, launched_after, launched_before);
  ids := '{}';
  next := least(plan.highest, before);
  most := case when pattern is null then greatest(2 * first, 200) else 200 end;
  if plan.states = '{}' then next := null; return; end if;
  loop
    began := clock_timestamp();
    select * into chunk from rowlock_private.find_chunk(organization, plan.source, next, plan.lowest, most, plan.states,
      tasks, key, tag, batch, error_fingerprint, pattern, plan.chosen);
    ids := ids || chunk.ids;
    next := chunk.bound;
    if cardinality(ids) > first or (cardinality(ids) = first and next is not null) then
      ids := ids[1:first];
      next := ids[first];
      exit;
    end if;
    exit when next is null or clock_timestamp() > over;
    -- Each chunk some 30 ms: long enough to be worth its planning, short enough to stop in time.
    took := extract(epoch from clock_timestamp() - began) * 1000;
    most := least(greatest(least(most * 4, most * 30 / greatest(took, 1)), 100), 50000);
  end loop;
  searched_to := rowlock.moment_of(next);
end $$;
comment on function rowlock.find_job_ids(text, text[], text[], text, text, uuid, text, timestamptz, timestamptz, uuid, int, int) is
  '@behavior -*
Ids of jobs that fit every condition given, newest first. next: pass it as before to go on; null when all has been looked at. searched_to: all that was launched later has been looked at. After budget_ms it returns what it has found.';
grant execute on function rowlock.find_job_ids(text, text[], text[], text, text, uuid, text, timestamptz, timestamptz, uuid, int, int) to rowlock_tenant;
