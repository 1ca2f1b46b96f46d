-- Who hears of a run's end: an e-mail address or a webhook. Told by jobs of their own, which a run knows nothing of.

create table evals.notification_targets (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  name text not null check (length(name) between 1 and 200),
  kind text not null check (kind in ('email', 'webhook')),
  address text not null check (length(address) between 3 and 2000),
  notify_on text not null default 'always' check (notify_on in ('always', 'failed', 'regressed')),
  enabled boolean not null default true,
  secret_id uuid,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, name),
  foreign key (organization_id, secret_id) references evals.secrets on delete cascade,
  check ((kind = 'webhook') = (secret_id is not null))
);
comment on table evals.notification_targets is
  '@behavior -insert -update
Who hears of the end of a run: an e-mail address, or the URL of a webhook. always | failed (not every test passed) | regressed (a test failed that passed in the run before).';
comment on column evals.notification_targets.secret_id is
  '@behavior -*
The secret that a webhook is signed with; who has it is shown it once.';
comment on constraint notification_targets_organization_id_secret_id_fkey on evals.notification_targets is '@behavior -*';
create index notification_targets_secret on evals.notification_targets (organization_id, secret_id) where secret_id is not null;
create index notification_targets_enabled on evals.notification_targets (organization_id, id) where enabled;

select rowlock.protect_table('evals.notification_targets');
grant select, insert, update, delete on evals.notification_targets to rowlock_tenant;

create function evals.remove_target_secret() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from evals.secrets s where s.organization_id = old.organization_id and s.id = old.secret_id;
  return null;
end $$;
comment on function evals.remove_target_secret() is 'Takes the secret of a deleted webhook along.';
create trigger remove_secret after delete on evals.notification_targets for each row
when (old.secret_id is not null) execute function evals.remove_target_secret();

create function evals.tell_of_end() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  run uuid;
begin
  -- Most batches are no runs, and most runs have nobody to tell.
  if not exists (select from evals.notification_targets t where t.organization_id = new.organization_id and t.enabled) then
    return null;
  end if;
  select r.id into run from evals.test_runs r where r.batch_id = new.id and r.organization_id = new.organization_id;
  if not found then return null; end if;
  begin
    -- By the organization itself and not by whoever launched the run: the end of a run of one who has left is told, too.
    perform rowlock_private.launch(new.organization_id, null, 'system', 'batch', 'evals/notify-' || k.kind, k.payloads,
      null, null, 0, null, null, 'keep', null, null, null, null)
    from (
      select t.kind, array_agg(jsonb_build_object('targetId', t.id, 'runId', run) order by t.id) as payloads
      from evals.notification_targets t
      where t.organization_id = new.organization_id and t.enabled group by t.kind order by t.kind) k;
  exception when others then
    -- The end of the run's last job is of this transaction. Whatever the launch does not like (too many jobs that wait, no
    -- worker that knows the task), the run is worth more than the news of it.
    raise warning 'The end of the test run % is not told: % (%)', run, sqlerrm, sqlstate;
  end;
  return null;
end $$;
comment on function evals.tell_of_end() is
  'Launches a job for each target that may hear of a run''s end, in the transaction in which its last test has ended.';
-- A batch is completed once, so each end of a run is told once; a retry of the run is a batch of its own.
create trigger tell_of_end after update of completed_at on rowlock.batches for each row
when (old.completed_at is null and new.completed_at is not null) execute function evals.tell_of_end();
