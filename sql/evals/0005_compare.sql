-- Outputs judged again by other metrics, and two runs side by side.

create function evals.set_test_set_metrics(test_set_id uuid, metric_ids uuid[]) returns evals.test_sets
language plpgsql set search_path = pg_catalog, pg_temp as $$ -- the rest as whoever calls it: row-level security decides
declare
  organization uuid := rowlock.require_role('member');
  found_set evals.test_sets;
begin
  -- Locked: of two that are set at the same moment the later stands, whole.
  select * into found_set from evals.test_sets s where s.id = set_test_set_metrics.test_set_id for no key update;
  if not found then
    raise exception 'There is no test set % in this organization.', set_test_set_metrics.test_set_id using errcode = 'RL404';
  end if;
  if exists (select from unnest(metric_ids) m where not exists (select from evals.metrics x where x.id = m)) then
    raise exception 'Not every metric named exists in this organization.' using errcode = 'RL404',
      hint = 'List them with the GraphQL query metrics.';
  end if;
  delete from evals.test_set_metrics t where t.test_set_id = found_set.id and t.metric_id <> all(coalesce(metric_ids, '{}'));
  insert into evals.test_set_metrics (organization_id, test_set_id, metric_id)
  select distinct organization, found_set.id, m from unnest(metric_ids) m on conflict do nothing;
  return found_set;
end $$;
comment on function evals.set_test_set_metrics(uuid, uuid[]) is
  '@resultFieldName testSet
Says which metrics judge the runs of a test set when none are chosen at the execution; none: all of the organization.';
grant execute on function evals.set_test_set_metrics(uuid, uuid[]) to rowlock_tenant;

create function evals.rescore_test_run(id uuid, metric_ids uuid[] default null) returns evals.test_runs
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- plans made while the table was small would be kept when it is large
as $$
declare
  organization uuid := rowlock.require_role('member');
  source evals.test_runs;
  set_id uuid;
  set_name text;
  run evals.test_runs;
begin
  -- Locked: a retry at the same moment opens its results again.
  select * into source from evals.test_runs r
  where r.organization_id = organization and r.id = rescore_test_run.id for no key update;
  if not found then
    raise exception 'There is no test run % in this organization.', rescore_test_run.id using errcode = 'RL404';
  end if;
  if (evals.test_runs_summary(source)).finished_at is null then
    raise exception 'Test run % is under way.', rescore_test_run.id using errcode = 'RL425',
      hint = 'Wait for its end, or cancel it.';
  end if;
  select s.id, s.name into set_id, set_name from evals.test_configurations c
  join evals.test_sets s on s.organization_id = c.organization_id and s.id = c.test_set_id
  where c.organization_id = organization and c.id = source.test_configuration_id;

  insert into evals.test_runs
    (organization_id, test_configuration_id, batch_id, endpoint, metrics, total, repeat, source_run_id)
  values (organization, source.test_configuration_id, (rowlock.create_batch(left('Test run, rescored: ' || set_name, 200))).id,
    source.endpoint, evals.choose_metrics(organization, set_id, metric_ids), source.total, source.repeat, source.id)
  returning * into run;
  with copied as materialized (
    select rowlock.uuid7() as new_id, row_number() over (order by r.position) as n, r.*
    from evals.test_results r where r.organization_id = organization and r.test_run_id = source.id
  ), jobs as materialized (
    select j.id, j.n
    from unnest(evals.launch_results(organization, run.batch_id, array(select c.new_id from copied c order by c.n), null, null))
      with ordinality j(id, n)
  ), turns as (
    insert into evals.turns (organization_id, test_result_id, position, role, content, context, tool_calls, conversation_id,
      duration_ms, attempts, input_tokens, output_tokens, cost, created_at)
    select organization, c.new_id, t.position, t.role, t.content, t.context, t.tool_calls, t.conversation_id,
      t.duration_ms, t.attempts, t.input_tokens, t.output_tokens, t.cost, t.created_at
    from copied c join evals.turns t on t.organization_id = organization and t.test_result_id = c.id
    where c.conversation is not null
  )
  insert into evals.test_results (organization_id, id, test_run_id, test_id, job_id, position, repetition, input, expected,
    category, tags, output, duration_ms, input_tokens, output_tokens, cost, conversation, conversation_end, test_version)
  select organization, c.new_id, run.id, c.test_id, j.id, c.position, c.repetition, c.input, c.expected,
    c.category, c.tags, c.output, c.duration_ms, c.input_tokens, c.output_tokens, c.cost, c.conversation, c.conversation_end, c.test_version
  from copied c join jobs j on j.n = c.n order by c.n;
  perform rowlock_private.audit(organization, 'rescore_test_run', run.id::text, null, jsonb_build_object(
    'testSet', set_name, 'sourceRun', source.id, 'tests', run.total));
  return run;
end $$;
comment on function evals.rescore_test_run(uuid, uuid[]) is
  '@resultFieldName testRun
Judges the outputs that a run has stored by other metrics, as a run of its own that asks no endpoint. Metrics as for an execution.';
grant execute on function evals.rescore_test_run(uuid, uuid[]) to rowlock_tenant;

create type evals.test_tally as (
  test_id uuid, "position" int, input text, times int, passed int, failed int, errored int, cancelled int, unfinished int,
  flaky boolean);
comment on type evals.test_tally is
  'What became of one test of a run in all its repetitions. position: of the first. flaky: passed in one and failed in another.';

create function evals.test_runs_by_test(test_run evals.test_runs) returns setof evals.test_tally
language sql stable set search_path = pg_catalog, pg_temp as $$
  select r.test_id, min(r.position), min(r.input), count(*)::int,
    (count(*) filter (where r.state = 'passed'))::int, (count(*) filter (where r.state = 'failed'))::int,
    (count(*) filter (where r.state = 'errored'))::int, (count(*) filter (where r.state = 'cancelled'))::int,
    (count(*) filter (where r.finished_at is null))::int,
    bool_or(r.state = 'passed') and bool_or(r.state = 'failed')
  from evals.test_results r
  where r.organization_id = test_run.organization_id and r.test_run_id = test_run.id
  group by r.test_id order by 2
$$;
comment on function evals.test_runs_by_test(evals.test_runs) is
  'The tests of a run in their order, each with how often it passed in its repetitions.';
grant execute on function evals.test_runs_by_test(evals.test_runs) to rowlock_tenant;

create function evals.test_outcomes(run uuid)
returns table (test_id uuid, "position" int, input text, expected text, category text, tags text[], version int, outcome text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select r.test_id, min(r.position), min(r.input), min(r.expected), min(r.category), min(r.tags), min(r.test_version),
    case when bool_or(r.finished_at is null) then 'unfinished'
         when bool_or(r.state = 'failed') then 'failed'
         when bool_or(r.state = 'errored') then 'errored'
         when bool_or(r.state = 'cancelled') then 'cancelled'
         else 'passed' end
  from evals.test_results r where r.test_run_id = run
  group by r.test_id
$$;
comment on function evals.test_outcomes(uuid) is
  '@behavior -*
Each test of a run with one word for all its repetitions: passed if all did.';
grant execute on function evals.test_outcomes(uuid) to rowlock_tenant;

create function evals.mcnemar_p(fixed int, regressed int) returns double precision
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  -- If nothing changed but by chance, each flip is as likely to be one way as the other: a coin thrown n times. The exact
  -- test of McNemar (Fagerland, Lydersen, Laake 2013, BMC Medical Research Methodology 13:91, "exact conditional test") is
  --   p = 2 * sum over i from 0 to min(fixed, regressed) of C(n, i) / 2^n, at most 1.
  -- In logarithms, since 2^n leaves the range of a double from n = 1024 on; what is below e^-700 adds nothing.
  select case when fixed + regressed > 0 then least(1, 2 * sum(case when t.log > -700 then exp(t.log) else 0 end)) end
  from (
    select sum(case i when 0 then 0 else ln((fixed + regressed - i + 1) / i::float8) end) over (order by i)
           - (fixed + regressed) * ln(2::float8) as log
    from generate_series(0, least(fixed, regressed)) i) t
$$;
comment on function evals.mcnemar_p(int, int) is
  '@behavior -*
How likely as uneven a split of the flips is by chance alone (McNemar''s exact test, two-sided); null without flips.';
grant execute on function evals.mcnemar_p(int, int) to rowlock_tenant;

create type evals.test_flip as (
  test_id uuid, input text, category text, tags text[], before text, after text, edited boolean);
comment on type evals.test_flip is
  'A test that came out differently in two runs. before and after: passed | failed | errored | cancelled | unfinished | missing. edited: the test was changed in between.';
create type evals.comparison_group as (
  name text, tests int, passed_before int, passed_after int, fixed int, regressed int);
comment on type evals.comparison_group is 'The tests of one category, or of one tag, in two runs.';
create type evals.test_run_comparison as (
  before_id uuid, after_id uuid, tests int, passed_before int, passed_after int, unchanged int, fixed int, regressed int,
  others int, p_value double precision, significance text, flips evals.test_flip[], by_category evals.comparison_group[],
  by_tag evals.comparison_group[]);
comment on type evals.test_run_comparison is
  'Two runs, test by test. fixed: failed, then passed; regressed: passed, then failed; others: flips that have to do with a test that errored, was cancelled, is not finished or is in one run only. p_value: McNemar''s exact test on fixed and regressed.';

create function evals.compare_test_runs(before uuid, after uuid) returns evals.test_run_comparison
language sql stable strict set search_path = pg_catalog, pg_temp as $$
  with pairs as materialized (
    select test_id, coalesce(b.position, a.position) as position, coalesce(b.input, a.input) as input,
      coalesce(b.category, a.category) as category, coalesce(b.tags, a.tags) as tags,
      coalesce(a.outcome, 'missing') as was, coalesce(b.outcome, 'missing') as is_now,
      coalesce(a.version <> b.version or a.input <> b.input or a.expected is distinct from b.expected, false)
        and a.outcome is not null and b.outcome is not null as edited
    from evals.test_outcomes(before) a full join evals.test_outcomes(after) b using (test_id)
  ), counted as (
    select grouping(p.category) = 0 and t.tag is null as of_category,
      t.tag, p.category, count(*)::int as tests,
      (count(*) filter (where p.was = 'passed'))::int as passed_before,
      (count(*) filter (where p.is_now = 'passed'))::int as passed_after,
      (count(*) filter (where p.was = p.is_now))::int as unchanged,
      (count(*) filter (where p.was = 'failed' and p.is_now = 'passed'))::int as fixed,
      (count(*) filter (where p.was = 'passed' and p.is_now = 'failed'))::int as regressed
    from pairs p
    -- Once for itself, and once for each of its tags.
    cross join lateral (select null as tag union all select distinct tag from unnest(p.tags) tag where tag is not null) t
    group by grouping sets ((t.tag), (t.tag, p.category))
    having grouping(p.category) = 1 or (t.tag is null and p.category is not null)
  )
  select row(before, after, c.tests, c.passed_before, c.passed_after, c.unchanged, c.fixed, c.regressed,
    c.tests - c.unchanged - c.fixed - c.regressed, p.value,
    case when p.value is null then 'No test went from passed to failed or back.'
         else format('%s fixed, %s regressed: by chance alone a split as uneven comes in %s %% of comparisons (McNemar''s exact test). %s',
           c.fixed, c.regressed, case when p.value < 0.0001 then 'less than 0.01' else round((100 * p.value)::numeric, 2)::text end,
           case when p.value < 0.05 then 'The difference is significant.' else 'The difference may be chance.' end) end,
    array(select row(f.test_id, f.input, f.category, f.tags, f.was, f.is_now, f.edited)::evals.test_flip
          from pairs f where f.was <> f.is_now order by f.position, f.test_id),
    array(select row(g.category, g.tests, g.passed_before, g.passed_after, g.fixed, g.regressed)::evals.comparison_group
          from counted g where g.of_category order by g.category),
    array(select row(g.tag, g.tests, g.passed_before, g.passed_after, g.fixed, g.regressed)::evals.comparison_group
          from counted g where g.tag is not null order by g.tag))::evals.test_run_comparison
  from counted c
  cross join lateral (select evals.mcnemar_p(c.fixed, c.regressed) as value) p
  where not c.of_category and c.tag is null
    and exists (select from evals.test_runs r where r.id = before) and exists (select from evals.test_runs r where r.id = after)
$$;
comment on function evals.compare_test_runs(uuid, uuid) is
  'Compares two runs, test by test; null when one of them is not there. With repetitions a test has passed if it did in each.';
grant execute on function evals.compare_test_runs(uuid, uuid) to rowlock_tenant;

alter table evals.test_sets add baseline_run_id uuid;
alter table evals.test_sets add constraint test_sets_baseline
  foreign key (organization_id, baseline_run_id) references evals.test_runs on delete set null (baseline_run_id);
comment on column evals.test_sets.baseline_run_id is 'The run of this set against which the others are compared.';
comment on constraint test_sets_baseline on evals.test_sets is '@fieldName baselineRun
@foreignFieldName baselineOf';
create index test_sets_baseline on evals.test_sets (organization_id, baseline_run_id);

create function evals.check_baseline() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (
    select from evals.test_runs r
    join evals.test_configurations c on c.organization_id = r.organization_id and c.id = r.test_configuration_id
    where r.organization_id = new.organization_id and r.id = new.baseline_run_id and c.test_set_id = new.id) then
    raise exception 'There is no run % of this test set.', new.baseline_run_id using errcode = 'RL404',
      hint = 'A baseline is one of the set''s own runs.';
  end if;
  return null;
end $$;
comment on function evals.check_baseline() is 'A test set''s baseline is a run of it.';
create trigger check_baseline after insert or update of baseline_run_id on evals.test_sets for each row
when (new.baseline_run_id is not null) execute function evals.check_baseline();

create function evals.compared_with(test_run evals.test_runs) returns uuid
language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(nullif(s.baseline_run_id, test_run.id), (
    select o.id from evals.test_runs o cross join lateral evals.test_runs_summary(o) m
    where o.organization_id = test_run.organization_id and o.test_configuration_id = test_run.test_configuration_id
      and o.id < test_run.id and m.state = 'completed'
    order by o.id desc limit 1))
  from evals.test_configurations c
  join evals.test_sets s on s.organization_id = c.organization_id and s.id = c.test_set_id
  where c.organization_id = test_run.organization_id and c.id = test_run.test_configuration_id
$$;
comment on function evals.compared_with(evals.test_runs) is
  '@behavior -*
The one place that knows what a run has to hold against: its test set''s baseline, else the last completed run before it of the same test set and endpoint; null without either.';
grant execute on function evals.compared_with(evals.test_runs) to rowlock_tenant;

create function evals.test_runs_regressions(test_run evals.test_runs) returns evals.test_run_comparison
language sql stable set search_path = pg_catalog, pg_temp as $$
  select evals.compare_test_runs(evals.compared_with(test_run), test_run.id)
$$;
comment on function evals.test_runs_regressions(evals.test_runs) is
  'A run compared with the baseline of its test set, else with the last completed run before it of the same test set and endpoint; null without either.';
grant execute on function evals.test_runs_regressions(evals.test_runs) to rowlock_tenant;
