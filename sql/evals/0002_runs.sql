-- Executing a test set, and what a run's results say of it.

create function evals.execute_test_set(test_set_id uuid, endpoint_id uuid, metric_ids uuid[] default null)
returns evals.test_runs
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  found_endpoint jsonb;
  found_metrics jsonb;
  configuration uuid;
  run evals.test_runs;
begin
  -- This function runs as the owner, so each look-up names the organization.
  select jsonb_build_object('id', e.id, 'name', e.name, 'url', e.url, 'method', e.method, 'headers', e.headers,
    'requestTemplate', e.request_template, 'responsePath', e.response_path, 'timeoutMs', e.timeout_ms)
  into found_endpoint from evals.endpoints e
  where e.organization_id = organization and e.id = execute_test_set.endpoint_id;
  if found_endpoint is null then
    raise exception 'There is no endpoint %.', execute_test_set.endpoint_id using errcode = 'RL404';
  end if;

  select coalesce(jsonb_agg(jsonb_build_object('name', m.name, 'kind', m.kind, 'parameters', m.parameters) order by m.name), '[]')
  into found_metrics from evals.metrics m
  where m.organization_id = organization and (metric_ids is null or m.id = any(metric_ids));
  -- At least one: a run that nobody judges would pass whatever it is answered.
  if jsonb_array_length(found_metrics) < greatest((select count(distinct x) from unnest(metric_ids) x), 1) then
    raise exception 'Not every metric asked for exists, or there is none at all.' using errcode = 'RL404',
      hint = 'Create a metric first; without a choice all of the organization are used.';
  end if;

  if not exists (select from evals.test_sets s where s.organization_id = organization and s.id = execute_test_set.test_set_id) then
    raise exception 'There is no test set %.', execute_test_set.test_set_id using errcode = 'RL404';
  end if;

  insert into evals.test_configurations as c (organization_id, test_set_id, endpoint_id)
  values (organization, execute_test_set.test_set_id, execute_test_set.endpoint_id)
  on conflict on constraint test_configurations_organization_id_test_set_id_endpoint_id_key
    do update set endpoint_id = excluded.endpoint_id
  returning c.id into configuration;

  insert into evals.test_runs (organization_id, test_configuration_id, endpoint, metrics, total)
  select organization, configuration, found_endpoint, found_metrics, nullif(count(*), 0)
  from evals.test_set_tests t
  where t.organization_id = organization and t.test_set_id = execute_test_set.test_set_id
  returning * into run;

  -- Every expected result is there from the start; the trigger below launches a job for each, in bulk.
  insert into evals.test_results (organization_id, test_run_id, test_id, position, input, expected)
  select organization, run.id, t.id, s.position, t.input, t.expected
  from evals.test_set_tests s
  join evals.tests t on t.organization_id = s.organization_id and t.id = s.test_id
  where s.organization_id = organization and s.test_set_id = execute_test_set.test_set_id
  order by s.position;
  return run;
exception
  when not_null_violation then
    raise exception 'The test set % has no tests.', execute_test_set.test_set_id using errcode = 'RL423',
      hint = 'Import or add tests first.';
end $$;
comment on function evals.execute_test_set(uuid, uuid, uuid[]) is
  'Executes a test set against an endpoint, judged by these metrics or, without a choice, by all of the organization''s. One job for each test.';
grant execute on function evals.execute_test_set(uuid, uuid, uuid[]) to rowlock_tenant;

create trigger launch after insert on evals.test_results referencing new table as new_rows
for each statement execute function rowlock.launch_on_change('evals/run-test', 'id');

-- A job that ends without a result (time limit, crash, a launcher who left) takes its result along, in the same
-- transaction: no run stays "in progress" because of it.
create function evals.close_result() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update evals.test_results r set
    state = case new.state when 'cancelled' then 'cancelled' else 'errored' end,
    error_code = new.error_code, error_message = new.error_message, finished_at = clock_timestamp()
  where r.organization_id = new.organization_id and r.state in ('queued', 'running')
    -- A payload that names no result ended this job; failing here would have it delivered for ever.
    and r.id = (select case when j.payload ->> 'id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (j.payload ->> 'id')::uuid end
                from rowlock.job j where j.organization_id = new.organization_id and j.id = new.id);
  return null;
end $$;
comment on function evals.close_result() is 'Closes the result of a job that failed or was cancelled.';
create trigger close_result after insert on rowlock.job_end for each row
when (new.task = 'evals/run-test' and new.state <> 'succeeded') execute function evals.close_result();

create type evals.test_run_summary as (
  state text, queued int, running int, passed int, failed int, errored int, cancelled int,
  pass_rate real, started_at timestamptz, finished_at timestamptz);
comment on type evals.test_run_summary is
  'What a run''s results say of it. state: queued | running | completed (all executed) | partial (some errored) | failed (all errored) | cancelled.';

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
    c.passed::real / nullif(c.passed + c.failed, 0), c.started_at,
    case when c.queued + c.running = 0 then c.finished_at end)::evals.test_run_summary
  from (
    select count(*)::int as total,
           (count(*) filter (where r.state = 'queued'))::int as queued,
           (count(*) filter (where r.state = 'running'))::int as running,
           (count(*) filter (where r.state = 'passed'))::int as passed,
           (count(*) filter (where r.state = 'failed'))::int as failed,
           (count(*) filter (where r.state = 'errored'))::int as errored,
           (count(*) filter (where r.state = 'cancelled'))::int as cancelled,
           min(r.started_at) as started_at, max(r.finished_at) as finished_at
    from evals.test_results r
    where r.organization_id = test_run.organization_id and r.test_run_id = test_run.id) c
$$;
comment on function evals.test_runs_summary(evals.test_runs) is
  'State, counts and pass rate of a run, read from its results: they cannot drift apart.';
grant execute on function evals.test_runs_summary(evals.test_runs) to rowlock_tenant;
