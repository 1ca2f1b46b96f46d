-- Secrets of an organization: keys of models, tokens of endpoints. Encrypted before they come here, with a key that the
-- database never has; a task's transaction alone may read what is encrypted.

create table evals.secrets (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  purpose text not null check (length(purpose) between 1 and 100),
  key_name text not null,
  ciphertext bytea not null check (octet_length(ciphertext) <= 20000),
  created_at timestamptz not null default now(),
  primary key (organization_id, id)
);
comment on table evals.secrets is '@behavior -*
What only tasks may read: AES-256-GCM by the key key_name of SECRET_KEYS, bound to organization, id and purpose. Whoever uses one refers to it by id; a secret is never changed, another takes its place.';
select rowlock.protect_table('evals.secrets');
grant select (organization_id, id, purpose, key_name, created_at), insert, delete on evals.secrets to rowlock_tenant;

create function evals.read_secret(id uuid) returns table (purpose text, key_name text, ciphertext bytea)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('viewer');
begin
  if nullif(current_setting('rowlock.job_id', true), '') is null then
    raise exception 'Only a task may read a secret.' using errcode = 'RL403';
  end if;
  return query
  select s.purpose, s.key_name, s.ciphertext from evals.secrets s
  where s.organization_id = organization and s.id = read_secret.id;
end $$;
comment on function evals.read_secret(uuid) is '@behavior -*
What a secret of the claimed organization is, still encrypted; for tasks alone.';
grant execute on function evals.read_secret(uuid) to rowlock_tenant;

create function evals.reencrypt_secret(id uuid, former_key text, key_name text, ciphertext bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  organization uuid := rowlock.require_role('admin');
begin
  if nullif(current_setting('rowlock.job_id', true), '') is null then
    raise exception 'Only a task may encrypt a secret anew.' using errcode = 'RL403';
  end if;
  update evals.secrets s set key_name = reencrypt_secret.key_name, ciphertext = reencrypt_secret.ciphertext
  where s.organization_id = organization and s.id = reencrypt_secret.id and s.key_name = former_key;
  return found;
end $$;
comment on function evals.reencrypt_secret(uuid, text, text, bytea) is '@behavior -*
Puts the same secret there as another key encrypts it; for tasks alone.';
grant execute on function evals.reencrypt_secret(uuid, text, text, bytea) to rowlock_tenant;

-- Secrets of endpoints. A replaced one stays with the endpoint: runs under way keep the one they began with.
alter table evals.endpoints add constraint endpoints_auth_secret
  foreign key (organization_id, auth_secret_id) references evals.secrets;
comment on constraint endpoints_auth_secret on evals.endpoints is '@behavior -*';
create index endpoints_auth_secret on evals.endpoints (organization_id, auth_secret_id);

create function evals.remove_endpoint_secrets() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from evals.secrets s
  where s.organization_id = old.organization_id and s.purpose like format('endpoint %s %%', old.id);
  return null;
end $$;
comment on function evals.remove_endpoint_secrets() is 'Takes the secrets of a deleted endpoint along, former ones too.';
create trigger remove_secrets after delete on evals.endpoints for each row execute function evals.remove_endpoint_secrets();

create function evals.endpoints_secrets(endpoint evals.endpoints) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('name', n.name, 'setAt',
    to_char(s.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by n.name), '[]')
  from (select 'auth' as name, endpoint.auth_secret_id as id
        union all select h.key, h.value::uuid from jsonb_each_text(endpoint.secret_headers) h) n
  join evals.secrets s on s.organization_id = endpoint.organization_id and s.id = n.id
$$;
comment on function evals.endpoints_secrets(evals.endpoints) is
  'Which secrets an endpoint has and since when: [{name, setAt}], "auth" or the name of a header. What they are nobody is told.';
grant execute on function evals.endpoints_secrets(evals.endpoints) to rowlock_tenant;
