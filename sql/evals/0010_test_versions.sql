-- What a test was before each change: a run says which version it executed, and keeps its own copy anyway.

create table evals.test_versions (
  organization_id uuid not null,
  test_id uuid not null,
  version int not null,
  contents jsonb not null,
  user_id uuid,
  api_key_id uuid,
  replaced_at timestamptz not null default now(),
  primary key (organization_id, test_id, version),
  foreign key (organization_id, test_id) references evals.tests on delete cascade
);
comment on table evals.test_versions is
  '@behavior -insert -update -delete
Former versions of tests: the row as it was, and who replaced it when. The present version is the test itself.';
select rowlock.protect_table('evals.test_versions', write_role => null);
grant select on evals.test_versions to rowlock_tenant;

create function evals.keep_version() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  was jsonb := to_jsonb(old) - '{organization_id,id,version,created_at}'::text[];
begin
  -- Counted here and by nobody else.
  new.version := old.version;
  if was = to_jsonb(new) - '{organization_id,id,version,created_at}'::text[] then return new; end if;
  new.version := old.version + 1;
  insert into evals.test_versions (organization_id, test_id, version, contents, user_id, api_key_id)
  values (old.organization_id, old.id, old.version, was, rowlock_private.claim('user_id')::uuid,
    rowlock_private.claim('api_key_id')::uuid);
  return new;
end $$;
comment on function evals.keep_version() is 'Keeps what a test was when it is changed, under its version.';
create trigger keep_version before update on evals.tests for each row execute function evals.keep_version();

create function evals.begin_version() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.version := 1;
  return new;
end $$;
comment on function evals.begin_version() is 'The first version of a test is 1, whatever its insert says.';
create trigger begin_version before insert on evals.tests for each row when (new.version <> 1)
  execute function evals.begin_version();
