-- Models that an organization brings, and the ledger of what they were asked.

create table evals.models (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  name text not null check (length(name) between 1 and 200),
  provider text not null check (provider in ('openai', 'anthropic', 'google', 'mistral', 'groq', 'openai-compatible')),
  model text not null check (length(model) between 1 and 200),
  base_url text check (base_url ~* '^https?://' and length(base_url) <= 2000),
  key_id uuid,
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
  input_price numeric(14, 6) check (input_price >= 0),
  output_price numeric(14, 6) check (output_price >= 0),
  timeout_ms int not null default 60000 check (timeout_ms between 100 and 600000),
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, name),
  foreign key (organization_id, key_id) references evals.secrets on delete set null (key_id),
  check (provider <> 'openai-compatible' or base_url is not null)
);
comment on table evals.models is
  '@behavior -insert -update
Models to judge, generate and play users with, or to test. key_id is the secret that holds the key. Prices are per million tokens.';

create table evals.model_defaults (
  organization_id uuid not null default rowlock.claimed_organization(),
  purpose text not null check (purpose in ('judge', 'generation', 'simulated_user')),
  model_id uuid not null,
  primary key (organization_id, purpose),
  foreign key (organization_id, model_id) references evals.models on delete cascade
);
create index models_key on evals.models (organization_id, key_id) where key_id is not null;

-- A key that no model uses any more is nowhere kept.
create function evals.forget_key() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from evals.secrets s where s.organization_id = old.organization_id and s.id = old.key_id;
  return null;
end $$;
comment on function evals.forget_key() is 'Removes the key of a model that was deleted or got another.';
create trigger forget_key_deleted after delete on evals.models for each row
when (old.key_id is not null) execute function evals.forget_key();
create trigger forget_key_replaced after update of key_id on evals.models for each row
when (old.key_id is distinct from new.key_id and old.key_id is not null) execute function evals.forget_key();

comment on table evals.model_defaults is
  '@behavior -insert -update
Which model is taken for a purpose when none is named.';
create index model_defaults_model on evals.model_defaults (organization_id, model_id);

alter table evals.endpoints add foreign key (organization_id, model_id) references evals.models on delete cascade;
create index endpoints_model on evals.endpoints (organization_id, model_id) where model_id is not null;

create table evals.model_usage (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  model_id uuid,
  provider_model text not null,
  purpose text not null check (purpose in ('judge', 'generation', 'simulated_user', 'endpoint')),
  test_run_id uuid,
  test_result_id uuid,
  job_id uuid,
  input_tokens int check (input_tokens >= 0),
  output_tokens int check (output_tokens >= 0),
  cost numeric(24, 12) check (cost >= 0),
  idempotency_key text not null check (length(idempotency_key) between 1 and 500),
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, idempotency_key),
  foreign key (organization_id, model_id) references evals.models on delete set null (model_id)
);
comment on table evals.model_usage is
  '@behavior -insert -update -delete
The ledger: one row for each call that a model answered, written with the answer. provider_model is such as openai/gpt-5. Tokens are null where the provider does not count, cost also where the model has no price. It outlives models, runs and jobs.';
create index model_usage_model on evals.model_usage (organization_id, model_id);
create index model_usage_run on evals.model_usage (organization_id, test_run_id);
create index model_usage_created on evals.model_usage (organization_id, created_at);

select rowlock.protect_table(t) from unnest('{evals.models,evals.model_defaults}'::regclass[]) t;
select rowlock.protect_table('evals.model_usage', write_role => null);
-- Jobs ask models; nobody else writes what it cost, and nobody changes it.
create policy tasks_write on evals.model_usage for insert to rowlock_tenant
  with check ((select current_setting('rowlock.job_id', true)) <> '');
grant select, insert, update, delete on evals.models, evals.model_defaults to rowlock_tenant;
grant select, insert on evals.model_usage to rowlock_tenant;

create function evals.model_settings(model evals.models) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('id', model.id, 'name', model.name, 'provider', model.provider, 'model', model.model,
    'baseUrl', model.base_url, 'parameters', model.parameters,
    'inputPrice', model.input_price::text, 'outputPrice', model.output_price::text, 'timeoutMs', model.timeout_ms)
$$;
comment on function evals.model_settings(evals.models) is
  '@behavior -*
A model as workers read it and as runs keep it.';
grant execute on function evals.model_settings(evals.models) to rowlock_tenant;

create type evals.model_usage_total as (
  purpose text, provider_model text, calls bigint, input_tokens bigint, output_tokens bigint, cost numeric, without_cost bigint);
comment on type evals.model_usage_total is
  'What the calls to one model for one purpose come to. without_cost: calls that cost does not hold, as it cannot be told.';

create function evals.model_usage_totals(
  test_run_id uuid default null, since timestamptz default null, until timestamptz default null
) returns setof evals.model_usage_total
language sql stable set search_path = pg_catalog, pg_temp as $$
  select u.purpose, u.provider_model, count(*), coalesce(sum(u.input_tokens), 0), coalesce(sum(u.output_tokens), 0),
    coalesce(sum(u.cost), 0), count(*) filter (where u.cost is null)
  from evals.model_usage u
  where (model_usage_totals.test_run_id is null or u.test_run_id = model_usage_totals.test_run_id)
    and (since is null or u.created_at >= since) and (until is null or u.created_at < until)
  group by u.purpose, u.provider_model order by u.purpose, u.provider_model
$$;
comment on function evals.model_usage_totals(uuid, timestamptz, timestamptz) is
  'Sums of the ledger by purpose and model: of one run, of a time, or of all.';
grant execute on function evals.model_usage_totals(uuid, timestamptz, timestamptz) to rowlock_tenant;
