-- A run as one: cancelled as the batch that it is, and tried again where nobody could judge.

create function evals.cancel_test_run(id uuid, reason text default null) returns evals.test_runs
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  run evals.test_runs;
  state text;
begin
  -- Locked: a retry at the same moment gives it another batch.
  select * into run from evals.test_runs r
  where r.organization_id = organization and r.id = cancel_test_run.id for no key update;
  if not found then
    raise exception 'There is no test run % in this organization.', cancel_test_run.id using errcode = 'RL404';
  end if;
  -- However many there are: it was the run that was named, and it holds no others.
  perform rowlock.cancel_jobs(2147483647, batch => run.batch_id, reason => cancel_test_run.reason);
  state := (evals.test_runs_summary(run)).state;
  if state not in ('queued', 'running', 'cancelled') then
    raise exception 'Test run % is over: %.', cancel_test_run.id, state using errcode = 'RL425',
      hint = 'Only a run that is under way can be cancelled.';
  end if;
  return run;
end $$;
comment on function evals.cancel_test_run(uuid, text) is
  '@resultFieldName testRun
Cancels a run: all its jobs that are not finished. Tests that have not begun are cancelled at once, those at work about a second later; what was judged stays.';
grant execute on function evals.cancel_test_run(uuid, text) to rowlock_tenant;

create function evals.retry_test_run(id uuid) returns evals.test_runs
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- plans made while the table was small would be kept when it is large
as $$
declare
  organization uuid := rowlock.require_role('member');
  run evals.test_runs;
  unfinished int;
  again uuid[];
begin
  -- Locked: of two retries the later finds the run under way.
  select * into run from evals.test_runs r
  where r.organization_id = organization and r.id = retry_test_run.id for no key update;
  if not found then
    raise exception 'There is no test run % in this organization.', retry_test_run.id using errcode = 'RL404';
  end if;
  -- One that is locked has a job that somebody retries by hand at this moment. Whoever comes later finds another job.
  again := array(
    select r.id from evals.test_results r
    where r.organization_id = organization and r.test_run_id = run.id and r.state in ('errored', 'cancelled')
    order by r.position for update skip locked);
  select count(*) - cardinality(again) into unfinished from evals.test_results r
  where r.organization_id = organization and r.test_run_id = run.id and r.state not in ('passed', 'failed');
  if unfinished > 0 then
    raise exception 'Test run % is under way: % of its tests are not finished.', retry_test_run.id, unfinished
      using errcode = 'RL425', hint = 'Wait for its end, or cancel it.';
  end if;
  if cardinality(again) = 0 then
    raise exception 'Every test of the run % was judged.', retry_test_run.id using errcode = 'RL425',
      hint = 'Execute the test set again for another run.';
  end if;

  -- New jobs for all of them, also where the old one failed and could be retried: some succeeded in finding out that
  -- nobody could judge, some are of a person who has left, and a batch that is complete stays so.
  run.batch_id := (rowlock.create_batch((
    select left('Test run, again: ' || s.name, 200) from evals.test_configurations c
    join evals.test_sets s on s.organization_id = c.organization_id and s.id = c.test_set_id
    where c.organization_id = organization and c.id = run.test_configuration_id))).id;
  update evals.test_results r set
    state = 'queued', job_id = n.job, error_code = null, error_message = null, finished_at = null,
    evaluation_attempts = 0, attempts = 0, call_at = null
  from unnest(again, evals.launch_results(organization, run.batch_id, again, run.concurrency, run.endpoint)) n(id, job)
  where r.organization_id = organization and r.id = n.id;
  update evals.test_runs r set batch_id = run.batch_id where r.organization_id = organization and r.id = run.id;
  perform rowlock_private.audit(organization, 'retry_test_run', run.id::text, null,
    jsonb_build_object('tests', cardinality(again)));
  return run;
end $$;
comment on function evals.retry_test_run(uuid) is
  '@resultFieldName testRun
Runs the tests of a run again that errored or were cancelled, once it is over: in a batch of their own, which is the run''s from then on. An output that is stored is judged and not asked for again.';
grant execute on function evals.retry_test_run(uuid) to rowlock_tenant;
