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
