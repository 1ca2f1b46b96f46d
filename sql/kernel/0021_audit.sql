-- Who did what by hand: a row for every action of a person, a key or an operator, in the transaction of the action.

create table rowlock.audit_entries (
  organization_id uuid not null,
  id uuid not null default rowlock.uuid7(),
  at timestamptz not null default clock_timestamp(),
  user_id uuid,
  api_key_id uuid,
  operator text,
  source text not null,
  job_id uuid,
  action text not null,
  subject text,
  before jsonb,
  after jsonb,
  primary key (organization_id, id)
);
comment on table rowlock.audit_entries is '@behavior -insert -update -delete
What people, keys and operators did, for the administrators of the organization. job_id: the task that did it for its user. Rows of the organization 00000000-0000-0000-0000-000000000000 concern all; operators see theirs.';
comment on column rowlock.audit_entries.action is 'launch, cancel, retry, pause, resume, run_schedule; or what became of a row: insert, update, delete and its kind.';
comment on column rowlock.audit_entries.subject is 'What it was done to: an id or a name.';
select rowlock.protect_table('rowlock.audit_entries', write_role => null);
drop policy members_read on rowlock.audit_entries;
create policy administrators_read on rowlock.audit_entries for select to rowlock_tenant
  using ((select current_setting('rowlock.role', true)) in ('system', 'owner', 'admin'));
create policy operators_read on rowlock.audit_entries for select to rowlock_operator using (operator is not null);
grant select on rowlock.audit_entries to rowlock_tenant, rowlock_operator;

create function rowlock_private.audit(organization uuid, action text, subject text, before jsonb default null, after jsonb default null)
returns void language sql set search_path = pg_catalog, pg_temp as $$
  insert into rowlock.audit_entries (organization_id, user_id, api_key_id, operator, source, job_id, action, subject, before, after)
  select audit.organization, rowlock_private.claim('user_id')::uuid, rowlock_private.claim('api_key_id')::uuid,
         -- Anyone may set a setting of ours; to be an operator takes the right to be one.
         case when current_setting('role') = 'rowlock_operator' then coalesce(rowlock_private.claim('operator'), session_user) end,
         coalesce(rowlock_private.claim('source'), 'sql'), rowlock_private.claim('job_id')::uuid,
         audit.action, audit.subject, audit.before, audit.after
$$;
comment on function rowlock_private.audit(uuid, text, text, jsonb, jsonb) is
  'Writes down what whoever has this transaction does. For functions that act by hand; rows that are edited have a trigger.';

create function rowlock_private.audit_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kind text := tg_argv[0];
  key text := tg_argv[1]; -- the column that says which
  hidden text[] := tg_argv[2:];
  was jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - hidden end;
  becomes jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - hidden end;
  which jsonb := coalesce(becomes, was);
begin
  if was is distinct from becomes then
    perform rowlock_private.audit(
      coalesce((which ->> case when kind = 'organization' then 'id' else 'organization_id' end)::uuid,
        '00000000-0000-0000-0000-000000000000'),
      lower(tg_op) || ' ' || kind, which ->> key, was, becomes);
  end if;
  return null;
end $$;
comment on function rowlock_private.audit_change() is
  'Trigger function: writes an audit entry for a changed row. Arguments: its kind, the column that names it, columns to leave out.';

create trigger audit after insert or update or delete on rowlock.organizations
  for each row execute function rowlock_private.audit_change('organization', 'id');
create trigger audit after insert or update or delete on rowlock.memberships
  for each row execute function rowlock_private.audit_change('member', 'user_id');
create trigger audit after insert or update or delete on rowlock.api_keys
  for each row execute function rowlock_private.audit_change('api_key', 'id', 'secret_hash');
create trigger audit after insert or update or delete on rowlock.policies
  for each row execute function rowlock_private.audit_change('policy', 'organization_id', 'updated_at');
create trigger audit after insert or update or delete on rowlock.task_policies
  for each row execute function rowlock_private.audit_change('task_policy', 'task', 'updated_at');
