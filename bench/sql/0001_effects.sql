-- What the real job writes. Peers get the same table with the same index, without row-level security.
create table effects (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  n int not null,
  at timestamptz not null default clock_timestamp(),
  primary key (organization_id, id)
);
comment on table effects is 'One row a job of the benchmark.';
select rowlock.protect_table('effects');
grant select, insert on effects to rowlock_tenant;
