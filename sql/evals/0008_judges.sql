-- Metrics by which a model judges: which model, and what it said.

alter table evals.metrics
  add model_id uuid,
  add check (model_id is null or kind in ('numeric', 'categorical', 'goal')),
  add foreign key (organization_id, model_id) references evals.models;
comment on column evals.metrics.model_id is
  'The model that judges, where the kind has one and it is named; else the organization''s own for "judge".';
create index metrics_model on evals.metrics (organization_id, model_id) where model_id is not null;

alter table evals.evaluations add category text check (length(category) <= 200);
comment on column evals.evaluations.category is 'What a metric of kind categorical chose.';

create function evals.metric_settings(metric evals.metrics) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp as $$ -- the rest as whoever calls it
begin
  return jsonb_strip_nulls(jsonb_build_object('model', (
      select evals.model_settings(m) from evals.models m
      where m.organization_id = metric.organization_id and m.id = coalesce(metric.model_id, (
        select d.model_id from evals.model_defaults d
        where d.organization_id = metric.organization_id and d.purpose = 'judge'))
        and metric.kind in ('numeric', 'categorical', 'goal'))))
    || jsonb_build_object('name', metric.name, 'kind', metric.kind,
      'parameters', metric.parameters || jsonb_strip_nulls(jsonb_build_object('modelId', metric.model_id)));
end $$;
comment on function evals.metric_settings(evals.metrics) is
  '@behavior -*
A metric as a run keeps it, with the model that judges by it.';
grant execute on function evals.metric_settings(evals.metrics) to rowlock_tenant;

-- The foreign key refuses it as well, but says less.
create function evals.keep_judging_model() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  metric text;
begin
  select m.name into metric from evals.metrics m
  where m.organization_id = old.organization_id and m.model_id = old.id order by m.name limit 1;
  if found then
    raise exception 'The model "%" judges by the metric "%".', old.name, metric using errcode = 'RL425',
      hint = 'Have the metric judged by another model, or delete it first.';
  end if;
  return old;
end $$;
comment on function evals.keep_judging_model() is 'A model by which a metric judges is not deleted: a test set would be judged by less than it says.';
create trigger keep_judging_model before delete on evals.models for each row execute function evals.keep_judging_model();
