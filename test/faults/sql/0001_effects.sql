-- What jobs leave behind, and what is written together with a launch. No constraint keeps a second one out: the
-- checker counts.
create table effects (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  job_id uuid not null,
  key text not null,
  pid int not null,
  primary key (organization_id, id)
);
create index effects_key on effects (key);

create table orders (
  organization_id uuid not null default rowlock.claimed_organization(),
  id uuid not null default rowlock.uuid7(),
  key text not null,
  primary key (organization_id, id)
);
create index orders_key on orders (key);

select rowlock.protect_table(t) from unnest('{effects,orders}'::regclass[]) t;
grant select, insert on effects, orders to rowlock_tenant;
