-- AI test runs: an organization keeps endpoints, test sets and metrics, and executes a test set against an endpoint.
-- Built on the kernel's public face, but for the launch of a task that is the system's alone; without this chain and its
-- tasks the kernel works.

grant usage on schema evals to rowlock_tenant, rowlock_api, rowlock_task;

create table evals.endpoints (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  name text not null check (length(name) between 1 and 200),
  kind text not null default 'http' check (kind in ('http', 'model')),
  model_id uuid check ((kind = 'model') = (model_id is not null)),
  url text check ((kind = 'http') = (url is not null) and url ~* '^https?://' and length(url) <= 2000),
  method text not null default 'POST' check (method in ('GET', 'POST', 'PUT', 'PATCH')),
  headers jsonb not null default '{}' check (jsonb_typeof(headers) = 'object'),
  request_template jsonb not null default '{"input": "{{ input }}"}',
  response_path text not null default 'output' check (length(response_path) between 1 and 2000),
  timeout_ms int not null default 30000 check (timeout_ms between 100 and 600000),
  response_mapping jsonb not null default '{}' check (jsonb_typeof(response_mapping) = 'object'),
  auth jsonb not null default '{"type": "none"}' check (jsonb_typeof(auth) = 'object'),
  auth_secret_id uuid,
  secret_headers jsonb not null default '{}' check (jsonb_typeof(secret_headers) = 'object'),
  max_attempts int not null default 4 check (max_attempts between 1 and 10),
  concurrency int check (concurrency between 1 and 1000),
  rate_per_minute int check (rate_per_minute between 1 and 100000),
  next_call_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, name)
);
comment on table evals.endpoints is
  '@behavior -insert -update
AI products under test: where to send a test''s input (request_template, Liquid in JSON) and where the output is in the answer (response_path, JSONata).';

comment on column evals.endpoints.response_mapping is
  'Where else something is in the answer, by paths: context, toolCalls, conversationId.';
comment on column evals.endpoints.auth is 'How calls say who they are: {"type": none | bearer | header | oauth, …}, without its secret.';
comment on column evals.endpoints.auth_secret_id is
  '@behavior -*
The secret of auth.';
comment on column evals.endpoints.secret_headers is
  '@behavior -*
Headers whose values are secrets: {name: id of the secret}.';
comment on column evals.endpoints.max_attempts is 'How often it is called for one test at most.';
comment on column evals.endpoints.concurrency is 'How many calls at once at most, of all runs together. Null: as many as the workers make.';
comment on column evals.endpoints.rate_per_minute is 'How many calls a minute at most, evenly. Null: no bound.';
comment on column evals.endpoints.next_call_at is
  '@behavior -*
Under a rate: when the next call may begin; earlier moments are taken.';

create table evals.metrics (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  name text not null check (length(name) between 1 and 200),
  kind text not null check (kind in (
    'exact', 'contains', 'regex', 'number', 'similarity', 'json_schema', 'json_value', 'latency', 'cost',
    'numeric', 'categorical', 'goal')),
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, name)
);
comment on table evals.metrics is '@behavior -insert -update
How an output is judged. parameters depend on the kind (docs/test-runs.md).';

create table evals.test_sets (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  name text not null check (length(name) between 1 and 200),
  description text not null default '' check (length(description) <= 2000),
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, name)
);
comment on table evals.test_sets is 'Named collections of tests.';

create table evals.tests (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  input text not null check (length(input) between 1 and 100000),
  expected text check (length(expected) <= 100000),
  category text check (length(category) <= 200),
  tags text[] not null default '{}',
  version int not null default 1,
  created_at timestamptz not null default now(),
  primary key (organization_id, id)
);
comment on table evals.tests is 'One input with the output that is expected. A test may belong to several sets.';

create table evals.test_set_tests (
  organization_id uuid not null default rowlock.claimed_organization(),
  test_set_id uuid not null,
  test_id uuid not null,
  position int not null,
  primary key (organization_id, test_set_id, test_id),
  foreign key (organization_id, test_set_id) references evals.test_sets on delete cascade,
  foreign key (organization_id, test_id) references evals.tests on delete cascade
);
comment on table evals.test_set_tests is 'Which tests a set has, in which order.';
create unique index test_set_tests_position on evals.test_set_tests (organization_id, test_set_id, position);
create index test_set_tests_test on evals.test_set_tests (organization_id, test_id);

create table evals.test_set_metrics (
  organization_id uuid not null default rowlock.claimed_organization(),
  test_set_id uuid not null,
  metric_id uuid not null,
  primary key (organization_id, test_set_id, metric_id),
  foreign key (organization_id, test_set_id) references evals.test_sets on delete cascade,
  foreign key (organization_id, metric_id) references evals.metrics on delete cascade
);
comment on table evals.test_set_metrics is '@behavior -insert -update -delete
Which metrics judge the runs of a test set when none are chosen at the execution.';
create index test_set_metrics_metric on evals.test_set_metrics (organization_id, metric_id);

create table evals.test_configurations (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  test_set_id uuid not null,
  endpoint_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, test_set_id, endpoint_id),
  foreign key (organization_id, test_set_id) references evals.test_sets on delete cascade,
  foreign key (organization_id, endpoint_id) references evals.endpoints on delete cascade
);
comment on table evals.test_configurations is
  'A test set bound to an endpoint; its runs are comparable. Made by the first execution.';
create index test_configurations_endpoint on evals.test_configurations (organization_id, endpoint_id);

create table evals.test_runs (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  test_configuration_id uuid not null,
  user_id uuid default rowlock.claimed_user(),
  batch_id uuid not null,
  endpoint jsonb not null,
  metrics jsonb not null,
  total int not null check (total > 0),
  repeat int not null default 1 check (repeat between 1 and 20),
  concurrency int check (concurrency between 1 and 1000),
  source_run_id uuid,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (batch_id, organization_id),
  foreign key (organization_id, test_configuration_id) references evals.test_configurations on delete cascade,
  constraint test_runs_source foreign key (organization_id, source_run_id) references evals.test_runs on delete cascade
);
comment on table evals.test_runs is
  '@behavior -insert -update -delete
@foreignKey (organization_id, batch_id) references rowlock.batches (organization_id, id)|@fieldName batch|@foreignFieldName testRun
One execution. It keeps the endpoint and the metrics as they were; its state and counts are those of its results.';
comment on column evals.test_runs.batch_id is
  'The batch of its jobs: one for each result, after a retry one for each that was retried. Forgotten with its jobs.';
comment on column evals.test_runs.repeat is 'How often each test is executed.';
comment on column evals.test_runs.concurrency is
  'How many tests at most are executed at once; 1: one after the other. Null: as many as the workers take.';
comment on column evals.test_runs.source_run_id is
  'The run whose outputs this one judges by other metrics. Such a run asks no endpoint.';
comment on constraint test_runs_source on evals.test_runs is '@fieldName sourceRun
@foreignFieldName rescores';
create index test_runs_source on evals.test_runs (organization_id, source_run_id);
create index test_runs_configuration on evals.test_runs (organization_id, test_configuration_id, id);

create table evals.test_results (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  test_run_id uuid not null,
  test_id uuid not null,
  job_id uuid not null,
  position int not null,
  test_version int not null default 1,
  repetition int not null default 1,
  state text not null default 'queued'
    check (state in ('queued', 'running', 'passed', 'failed', 'errored', 'cancelled')),
  input text not null,
  expected text,
  category text,
  tags text[] not null default '{}',
  output text,
  error_code text,
  error_message text,
  duration_ms int,
  input_tokens int,
  output_tokens int,
  cost numeric,
  evaluation_attempts int not null default 0,
  context jsonb,
  tool_calls jsonb,
  conversation_id text,
  attempts int not null default 0,
  call_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (organization_id, id),
  unique (job_id, organization_id),
  foreign key (organization_id, test_run_id) references evals.test_runs on delete cascade,
  check ((state in ('queued', 'running')) = (finished_at is null)),
  check ((state in ('errored', 'cancelled')) = (error_code is not null)),
  check (state not in ('passed', 'failed') or output is not null)
);
comment on table evals.test_results is
  '@behavior -insert -update -delete
@foreignKey (organization_id, job_id) references rowlock.jobs (organization_id, id)|@fieldName job|@foreignFieldName testResult
One test of one run. Every expected result is a row from the start. passed and failed are verdicts; errored means nobody could judge.';
comment on column evals.test_results.job_id is 'The job that runs it; no other job may. A retry gives it another.';
comment on column evals.test_results.duration_ms is 'How long the endpoint took, in milliseconds.';
comment on column evals.test_results.test_version is 'Which version of its test was executed.';
comment on column evals.test_results.cost is 'What the answer cost, where that is known, in the currency of the models'' prices.';
comment on column evals.test_results.evaluation_attempts is
  '@behavior -select -filterBy -orderBy
How often a metric could not judge for the moment and was put off.';
comment on column evals.test_results.attempts is 'How often the endpoint was called. Counted before each call.';
comment on column evals.test_results.call_at is
  '@behavior -*
Under a rate: the moment taken for the call of this test.';
create index test_results_state on evals.test_results (organization_id, test_run_id, state);
create unique index test_results_test on evals.test_results (organization_id, test_run_id, test_id, repetition);
create index test_results_position on evals.test_results (organization_id, test_run_id, position);

create table evals.evaluations (
  organization_id uuid not null default rowlock.claimed_organization(),
  test_result_id uuid not null,
  metric text not null,
  passed boolean not null,
  score double precision not null,
  reason text not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, test_result_id, metric),
  foreign key (organization_id, test_result_id) references evals.test_results on delete cascade
);
comment on table evals.evaluations is
  '@behavior -insert -update -delete
What one metric said of one result, with its reason.';

select rowlock.protect_table(t) from unnest(
  '{evals.endpoints,evals.metrics,evals.test_sets,evals.tests,evals.test_set_tests,evals.test_set_metrics}'::regclass[]) t;
select rowlock.protect_table(t, write_role => null) from unnest(
  '{evals.test_configurations,evals.test_runs,evals.test_results,evals.evaluations}'::regclass[]) t;
-- Results are written by the task that made them and by nobody else.
create policy tasks_write on evals.test_results for update to rowlock_tenant
  using ((select current_setting('rowlock.job_id', true)) <> '');
create policy tasks_write on evals.evaluations for insert to rowlock_tenant
  with check ((select current_setting('rowlock.job_id', true)) <> '');

grant select, insert, update, delete on evals.endpoints, evals.metrics, evals.test_sets, evals.tests, evals.test_set_tests
  to rowlock_tenant;
grant select, insert, delete on evals.test_set_metrics to rowlock_tenant;
grant select on evals.test_configurations, evals.test_runs to rowlock_tenant;
grant select, update on evals.test_results to rowlock_tenant;
grant select, insert on evals.evaluations to rowlock_tenant;
