-- Executing a test set, and what a run's results say of it.

create function evals.launch_results(organization uuid, batch uuid, results uuid[], concurrency int, endpoint jsonb) returns uuid[]
language plpgsql as $$ -- the rest as whoever calls it
declare
  -- The core of every launch and none of its doors: those launch with the caller's role, and this task is the system's
  -- alone, lest somebody launch it past a run. Whether the caller may execute was asked before.
  caller uuid := rowlock_private.claim('user_id')::uuid;
  source text := coalesce(rowlock_private.claim('source'), 'sql');
  parent uuid := rowlock_private.claim('job_id')::uuid;
  -- As many lanes as the endpoint takes calls at once; in each of them the broker runs one job at a time, whoever's run it
  -- is of. Not always from the first on: small runs would wait for each other there.
  lanes int := (endpoint ->> 'concurrency')::int;
  lane int := floor(random() * lanes);
  task text := case when lanes is null then 'evals/run-test' else 'evals/run-test-in-turn' end;
  payloads jsonb[] := array(
    select jsonb_strip_nulls(jsonb_build_object('id', r.id, 'lane', (endpoint ->> 'id') || '/' || (lane + r.n) % lanes))
    from unnest(results) with ordinality r(id, n) order by r.n);
  at_once int := coalesce(concurrency, cardinality(results));
  jobs uuid[];
begin
  jobs := rowlock_private.launch(organization, caller, 'system', source, task, payloads[1:at_once],
    null, null, 0, null, parent, 'keep', null, batch, null, null);
  -- As many chains as there may be jobs at once: each job waits for the one so many places before it, however that ends.
  for n in at_once + 1 .. cardinality(results) loop
    jobs := jobs || (rowlock_private.launch(organization, caller, 'system', source, task, array[payloads[n]],
      null, null, 0, null, parent, 'keep', null, batch, array[jobs[n - at_once]], 'go on'))[1];
  end loop;
  return jobs;
end $$;
comment on function evals.launch_results(uuid, uuid, uuid[], int, jsonb) is
  '@behavior -*
Launches a job for each of these results, all of one batch, at most so many at once and no more than the endpoint takes; the ids come in the same order.';

create function evals.endpoint_settings(endpoint evals.endpoints) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp as $$ -- the rest as whoever calls it
begin
  return jsonb_build_object('id', endpoint.id, 'name', endpoint.name, 'url', endpoint.url, 'method', endpoint.method,
    'headers', endpoint.headers, 'requestTemplate', endpoint.request_template, 'responsePath', endpoint.response_path,
    'responseMapping', endpoint.response_mapping, 'timeoutMs', endpoint.timeout_ms, 'auth', endpoint.auth,
    'authSecretId', endpoint.auth_secret_id, 'secretHeaders', endpoint.secret_headers,
    'maxAttempts', endpoint.max_attempts, 'concurrency', endpoint.concurrency, 'ratePerMinute', endpoint.rate_per_minute,
    'kind', endpoint.kind, 'modelId', endpoint.model_id, 'model', (
      select evals.model_settings(m) from evals.models m
      where m.organization_id = endpoint.organization_id and m.id = endpoint.model_id));
end $$;
comment on function evals.endpoint_settings(evals.endpoints) is
  '@behavior -*
An endpoint as a run keeps it: secrets by their ids.';
grant execute on function evals.endpoint_settings(evals.endpoints) to rowlock_tenant;

create function evals.choose_metrics(organization uuid, test_set_id uuid, metric_ids uuid[]) returns jsonb
language plpgsql as $$ -- the rest as whoever calls it
declare
  chosen uuid[] := coalesce(metric_ids, (
    select array_agg(t.metric_id) from evals.test_set_metrics t
    where t.organization_id = organization and t.test_set_id = choose_metrics.test_set_id));
  found_metrics jsonb := coalesce((
    select jsonb_agg(evals.metric_settings(m) order by m.name)
    from evals.metrics m where m.organization_id = organization and (chosen is null or m.id = any(chosen))), '[]');
begin
  -- At least one: a run that nobody judges would pass whatever it is answered. Conversations have a goal of their own.
  if jsonb_array_length(found_metrics) < greatest((select count(distinct x) from unnest(chosen) x), (
    select count(*) from (
      select from evals.test_set_tests s join evals.tests t on t.organization_id = s.organization_id and t.id = s.test_id
      where s.organization_id = organization and s.test_set_id = choose_metrics.test_set_id and t.goal is null limit 1) t)) then
    raise exception 'Not every metric asked for exists, or there is none at all.'
      using errcode = case when cardinality(metric_ids) = 0 then 'RL423' else 'RL404' end,
      hint = 'Create a metric first; without a choice those of the test set judge, or all of the organization.';
  end if;
  return found_metrics;
end $$;
comment on function evals.choose_metrics(uuid, uuid, uuid[]) is
  '@behavior -*
The metrics of a run as it keeps them: those chosen, else those of the test set, else all of the organization.';

create function evals.execute_test_set(
  test_set_id uuid, endpoint_id uuid, metric_ids uuid[] default null, repeat int default 1, concurrency int default null)
returns evals.test_runs
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  found_endpoint jsonb;
  found_metrics jsonb;
  set_name text;
  configuration uuid;
  batch uuid;
  run evals.test_runs;
begin
  -- This function runs as the owner, so each look-up names the organization.
  select evals.endpoint_settings(e) into found_endpoint from evals.endpoints e
  where e.organization_id = organization and e.id = execute_test_set.endpoint_id;
  if found_endpoint is null then
    raise exception 'There is no endpoint %.', execute_test_set.endpoint_id using errcode = 'RL404';
  end if;

  if repeat not between 1 and 20 then
    raise exception 'repeat is %; it must be between 1 and 20.', repeat using errcode = 'RL423',
      detail = '[{"path":"/repeat","message":"must be between 1 and 20"}]';
  end if;
  if concurrency not between 1 and 1000 then
    raise exception 'concurrency is %; it must be between 1 and 1000.', concurrency using errcode = 'RL423',
      detail = '[{"path":"/concurrency","message":"must be between 1 and 1000"}]';
  end if;
  found_metrics := evals.choose_metrics(organization, execute_test_set.test_set_id, metric_ids);

  select s.name into set_name from evals.test_sets s
  where s.organization_id = organization and s.id = execute_test_set.test_set_id;
  if not found then
    raise exception 'There is no test set %.', execute_test_set.test_set_id using errcode = 'RL404';
  end if;

  insert into evals.test_configurations as c (organization_id, test_set_id, endpoint_id)
  values (organization, execute_test_set.test_set_id, execute_test_set.endpoint_id)
  on conflict on constraint test_configurations_organization_id_test_set_id_endpoint_id_key
    do update set endpoint_id = excluded.endpoint_id
  returning c.id into configuration;

  batch := (rowlock.create_batch(left('Test run: ' || set_name, 200))).id;
  -- One look at the set: each of its tests has a result and a job from the start, and the total is their number.
  with chosen as materialized (
    select rowlock.uuid7() as id, row_number() over (order by s.position, n.repetition) as n, n.repetition,
           t.id as test_id, coalesce(t.input, t.goal) as input, t.expected, t.category, t.tags, t.version,
           evals.conversation_settings(t) as conversation
    from evals.test_set_tests s
    join evals.tests t on t.organization_id = s.organization_id and t.id = s.test_id
    cross join generate_series(1, coalesce(execute_test_set.repeat, 1)) n(repetition)
    where s.organization_id = organization and s.test_set_id = execute_test_set.test_set_id
  ), made as (
    insert into evals.test_runs (organization_id, test_configuration_id, batch_id, endpoint, metrics, total, repeat, concurrency)
    select organization, configuration, batch, found_endpoint, found_metrics, count(*), coalesce(execute_test_set.repeat, 1),
           execute_test_set.concurrency from chosen having count(*) > 0
    returning *
  ), jobs as materialized (
    select j.id, j.n
    from unnest(evals.launch_results(organization, batch, array(select c.id from chosen c order by c.n),
      execute_test_set.concurrency, found_endpoint)) with ordinality j(id, n)
  ), results as (
    insert into evals.test_results
      (organization_id, id, test_run_id, test_id, job_id, position, repetition, input, expected, category, tags, conversation, test_version)
    select organization, c.id, m.id, c.test_id, j.id, c.n - 1, c.repetition, c.input, c.expected, c.category, c.tags, c.conversation, c.version
    from chosen c join jobs j on j.n = c.n cross join made m order by c.n
  )
  select m.* into run from made m;
  if not found then
    raise exception 'The test set % has no tests.', execute_test_set.test_set_id using errcode = 'RL423',
      hint = 'Import or add tests first.';
  end if;
  perform rowlock_private.audit(organization, 'execute_test_set', run.id::text, null, jsonb_build_object(
    'testSet', set_name, 'endpoint', found_endpoint ->> 'name', 'tests', run.total));
  return run;
end $$;
comment on function evals.execute_test_set(uuid, uuid, uuid[], int, int) is
  'Executes a test set against an endpoint: each test so often, at most so many at once. Judged by these metrics; without a choice by those of the set, and if it has none by all of the organization. One job for each test and repetition.';
grant execute on function evals.execute_test_set(uuid, uuid, uuid[], int, int) to rowlock_tenant;

-- A job that ends without a result (time limit, crash, a launcher who left) takes its result along, in the same
-- transaction: no run stays "in progress" because of it. For each row and not for each statement, which could not look at
-- the task beforehand: whatever else ends pays for a comparison and no more.
-- Both functions look a result up by its job. They compare the organization in a way that no index serves: plans are kept,
-- and while the table is small every index that begins with the organization seems as good as the right one.
create function evals.close_result() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
  update evals.test_results r set
    state = case new.state when 'cancelled' then 'cancelled' else 'errored' end,
    error_code = new.error_code, error_message = new.error_message, finished_at = clock_timestamp()
  where r.job_id = new.id and r.organization_id is not distinct from new.organization_id and r.state in ('queued', 'running');
  return null;
end $$;
comment on function evals.close_result() is 'Closes the result of a job that failed or was cancelled.';
create trigger close_result after insert on rowlock.job_end for each row
when (new.task in ('evals/run-test', 'evals/run-test-in-turn') and new.state <> 'succeeded') execute function evals.close_result();

create function evals.reopen_result() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
  -- Jobs leave job_end when they are forgotten, too. An output stays: it is judged and not asked for again.
  update evals.test_results r set state = 'queued', error_code = null, error_message = null, finished_at = null,
    evaluation_attempts = 0, attempts = 0, call_at = null
  where r.job_id = old.id and r.organization_id is not distinct from old.organization_id and r.state in ('errored', 'cancelled')
    and exists (select from rowlock.live l where l.organization_id = old.organization_id and l.id = old.id);
  return null;
end $$;
comment on function evals.reopen_result() is
  'Opens the result of a job that failed or was cancelled and was retried by hand.';
create trigger reopen_result after delete on rowlock.job_end for each row
when (old.task in ('evals/run-test', 'evals/run-test-in-turn') and old.state <> 'succeeded') execute function evals.reopen_result();

create type evals.test_run_summary as (
  state text, queued int, running int, passed int, failed int, errored int, cancelled int,
  pass_rate real, flaky int, p50_ms int, p95_ms int, p99_ms int, input_tokens bigint, output_tokens bigint, cost numeric,
  started_at timestamptz, finished_at timestamptz);
comment on type evals.test_run_summary is
  'What a run''s results say of it. state: queued | running | completed (all executed) | partial (some errored) | failed (all errored) | cancelled. flaky: tests that passed in one repetition and failed in another. p50_ms and so on: so many of a hundred answers came within that time. Tokens and cost are null where none is known.';

create function evals.test_runs_summary(test_run evals.test_runs) returns evals.test_run_summary
language sql stable set search_path = pg_catalog, pg_temp as $$
  select row(
    case when c.queued = c.total then 'queued'
         when c.queued + c.running > 0 then 'running'
         when c.cancelled > 0 then 'cancelled'
         when c.errored = c.total then 'failed'
         when c.errored > 0 then 'partial'
         else 'completed' end,
    c.queued, c.running, c.passed, c.failed, c.errored, c.cancelled,
    c.passed::real / nullif(c.passed + c.failed, 0),
    case when test_run.repeat = 1 then 0 else (
      select count(*)::int from (
        select from evals.test_results r
        where r.organization_id = test_run.organization_id and r.test_run_id = test_run.id and r.state in ('passed', 'failed')
        group by r.test_id having count(distinct r.state) > 1) f) end,
    c.latencies[1], c.latencies[2], c.latencies[3], c.input_tokens, c.output_tokens, c.cost, c.started_at,
    case when c.queued + c.running = 0 then c.finished_at end)::evals.test_run_summary
  from (
    select count(*)::int as total,
           (count(*) filter (where r.state = 'queued'))::int as queued,
           (count(*) filter (where r.state = 'running'))::int as running,
           (count(*) filter (where r.state = 'passed'))::int as passed,
           (count(*) filter (where r.state = 'failed'))::int as failed,
           (count(*) filter (where r.state = 'errored'))::int as errored,
           (count(*) filter (where r.state = 'cancelled'))::int as cancelled,
           percentile_disc('{0.5,0.95,0.99}'::float8[]) within group (order by r.duration_ms) as latencies,
           sum(r.input_tokens) as input_tokens, sum(r.output_tokens) as output_tokens, sum(r.cost) as cost,
           min(r.started_at) as started_at, max(r.finished_at) as finished_at
    from evals.test_results r
    where r.organization_id = test_run.organization_id and r.test_run_id = test_run.id) c
$$;
comment on function evals.test_runs_summary(evals.test_runs) is
  'State, counts, pass rate and latencies of a run, read from its results: they cannot drift apart.';
grant execute on function evals.test_runs_summary(evals.test_runs) to rowlock_tenant;
