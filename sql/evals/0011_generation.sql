-- Tests that a model writes from a description and documents. They are drafts, and count for nothing, until a person has
-- accepted them.

create table evals.test_drafts (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  test_set_id uuid not null,
  job_id uuid not null,
  input text not null check (length(input) between 1 and 100000),
  expected text check (length(expected) <= 100000),
  category text check (length(category) <= 200),
  tags text[] not null default '{}',
  source text check (length(source) <= 200),
  state text not null default 'draft' check (state in ('draft', 'accepted', 'rejected')),
  test_id uuid,
  user_id uuid,
  created_at timestamptz not null default now(),
  decided_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, test_set_id) references evals.test_sets on delete cascade,
  check ((state = 'accepted') = (test_id is not null)),
  check ((state = 'draft') = (decided_at is null))
);
comment on table evals.test_drafts is
  '@behavior -insert -update -delete
@foreignKey (organization_id, job_id) references rowlock.jobs (organization_id, id)|@fieldName job|@foreignFieldName testDrafts
What a model wrote for a test set. A draft counts for nothing; one that is accepted was made a test of the set. One that is rejected is kept, so that it is not written again.';
comment on column evals.test_drafts.job_id is 'The generation.';
comment on column evals.test_drafts.source is 'The document that it was drawn from, by name; null where it was none.';
comment on column evals.test_drafts.test_id is 'The test that was made of it. It may have been changed or deleted since.';
comment on column evals.test_drafts.user_id is 'Who accepted or rejected it.';
create index test_drafts_set on evals.test_drafts (organization_id, test_set_id, state, id);
create index test_drafts_job on evals.test_drafts (organization_id, job_id);

select rowlock.protect_table('evals.test_drafts', write_role => null);
-- Jobs write drafts; people decide on them, by the functions below.
create policy tasks_write on evals.test_drafts for insert to rowlock_tenant
  with check ((select current_setting('rowlock.job_id', true)) <> '');
grant select, insert on evals.test_drafts to rowlock_tenant;

create function evals.open_drafts(organization uuid, test_set_id uuid, ids uuid[]) returns setof evals.test_drafts
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  missing int;
  decided int;
begin
  -- The lock of an import: one at a time adds tests to a set, and a draft is decided on once.
  perform from evals.test_sets s
  where s.organization_id = organization and s.id = open_drafts.test_set_id for no key update;
  if not found then
    raise exception 'There is no test set % in this organization.', open_drafts.test_set_id using errcode = 'RL404';
  end if;
  select count(*) filter (where d.id is null), count(*) filter (where d.state <> 'draft') into missing, decided
  from (select distinct x from unnest(ids) x) given
  left join evals.test_drafts d
    on d.organization_id = organization and d.id = given.x and d.test_set_id = open_drafts.test_set_id;
  if missing > 0 then
    raise exception 'Of these ids % are of no draft of the test set. Nothing was changed.', missing using errcode = 'RL404';
  elsif decided > 0 then
    raise exception 'Of these drafts % were accepted or rejected before. Nothing was changed; name those that are open.',
      decided using errcode = 'RL425';
  end if;
  return query
  select d.* from evals.test_drafts d
  where d.organization_id = organization and d.test_set_id = open_drafts.test_set_id and d.state = 'draft'
    and (ids is null or d.id = any(ids))
  order by d.id for update;
end $$;
comment on function evals.open_drafts(uuid, uuid, uuid[]) is
  '@behavior -*
The drafts of a set that wait for a decision, all or those named, with the set locked; else RL404, or RL425 when one was decided on.';

create function evals.accept_test_drafts(test_set_id uuid, ids uuid[] default null) returns setof evals.test_drafts
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  open uuid[];
begin
  -- By a statement of its own: the next one sees what was added and changed while this one waited for the set.
  select array_agg(d.id) into open from evals.open_drafts(organization, accept_test_drafts.test_set_id, ids) d;
  if open is null then return; end if;
  return query
  with chosen as materialized (
    select d.*, rowlock.uuid7() as made, row_number() over (order by d.id) as n
    from evals.test_drafts d where d.organization_id = organization and d.id = any(open)
  ), made as (
    insert into evals.tests (organization_id, id, input, expected, category, tags)
    select organization, c.made, c.input, c.expected, c.category, c.tags from chosen c order by c.n
  ), placed as (
    insert into evals.test_set_tests (organization_id, test_set_id, test_id, position)
    select organization, c.test_set_id, c.made, c.n + coalesce((
      select max(s.position) from evals.test_set_tests s
      where s.organization_id = organization and s.test_set_id = c.test_set_id), -1)
    from chosen c
  )
  update evals.test_drafts d
  set state = 'accepted', test_id = c.made, decided_at = clock_timestamp(), user_id = rowlock.claimed_user()
  from chosen c where d.organization_id = organization and d.id = c.id
  returning d.*;
  perform rowlock_private.audit(organization, 'accept_test_drafts', accept_test_drafts.test_set_id::text, null,
    jsonb_build_object('drafts', cardinality(open)));
end $$;
comment on function evals.accept_test_drafts(uuid, uuid[]) is
  'Makes drafts tests at the end of their set: all that wait for a decision, or those named.';
grant execute on function evals.accept_test_drafts(uuid, uuid[]) to rowlock_tenant;

create function evals.reject_test_drafts(test_set_id uuid, ids uuid[] default null) returns setof evals.test_drafts
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  open uuid[];
begin
  select array_agg(d.id) into open from evals.open_drafts(organization, reject_test_drafts.test_set_id, ids) d;
  if open is null then return; end if;
  return query
  update evals.test_drafts d
  set state = 'rejected', decided_at = clock_timestamp(), user_id = rowlock.claimed_user()
  where d.organization_id = organization and d.id = any(open)
  returning d.*;
  perform rowlock_private.audit(organization, 'reject_test_drafts', reject_test_drafts.test_set_id::text, null,
    jsonb_build_object('drafts', cardinality(open)));
end $$;
comment on function evals.reject_test_drafts(uuid, uuid[]) is
  'Rejects drafts: all that wait for a decision, or those named. They are kept, so that they are not written again.';
grant execute on function evals.reject_test_drafts(uuid, uuid[]) to rowlock_tenant;

create function evals.replace_test_draft(id uuid, input text, expected text, category text, tags text[])
returns evals.test_drafts
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('member');
  draft evals.test_drafts;
begin
  select * into draft from evals.test_drafts d
  where d.organization_id = organization and d.id = replace_test_draft.id for update;
  if not found then
    raise exception 'There is no test draft % in this organization.', replace_test_draft.id using errcode = 'RL404';
  elsif draft.state <> 'draft' then
    raise exception 'The draft was % before. Change the test that was made of it, or add one.', draft.state
      using errcode = 'RL425';
  end if;
  update evals.test_drafts d
  set input = replace_test_draft.input, expected = replace_test_draft.expected,
      category = replace_test_draft.category, tags = coalesce(replace_test_draft.tags, '{}')
  where d.organization_id = organization and d.id = replace_test_draft.id returning d.* into draft;
  return draft;
end $$;
comment on function evals.replace_test_draft(uuid, text, text, text, text[]) is
  '@behavior -*
Changes what a draft says before it is accepted.';
grant execute on function evals.replace_test_draft(uuid, text, text, text, text[]) to rowlock_tenant;
