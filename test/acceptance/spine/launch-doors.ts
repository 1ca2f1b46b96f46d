import assert from "node:assert/strict";
import express from "express";
import { type ApiExtension, route } from "../../../src/api/index.ts";
import { launchJob } from "../../../src/jobs/index.ts";
import { withTenant } from "../../../src/tenancy/index.ts";
import { type Person, startWorld, type World } from "../../api/support.ts";

/** A customer's own doors, each of which launches and, when told to, fails after it. */
const doors = `
  create function app.greet_or_fail(name text, fail boolean) returns uuid language plpgsql volatile as $$
  declare id uuid := rowlock.launch_job('greet', jsonb_build_object('name', name));
  begin
    if fail then raise exception 'changed my mind' using errcode = 'RL423'; end if;
    return id;
  end $$;
  grant execute on function app.greet_or_fail(text, boolean) to rowlock_tenant;
  create table app.guests (
    organization_id uuid not null default rowlock.claimed_organization(),
    id uuid not null default rowlock.uuid7(),
    name text not null,
    primary key (organization_id, id)
  );
  select rowlock.protect_table('app.guests');
  grant select, insert on app.guests to rowlock_tenant;
  create trigger greet after insert on app.guests referencing new table as new_rows
  for each statement execute function rowlock.launch_on_change('greet', 'name');`;

const extension: ApiExtension = {
  name: "doors",
  routes: ({ inTenant }) =>
    express.Router().post(
      "/greet-and-fail",
      route((request) =>
        inTenant(request, async (tx) => {
          await launchJob(tx, "greet", { name: "REST" });
          throw new Error("changed my mind");
        }),
      ),
    ),
};

/** Launches through each door, once rolled back and once committed; jobs and broker rows are counted after each. */
export async function launchThroughEachDoor(): Promise<
  Record<string, { rolledBack: number; committed: number }>
> {
  const world = await startWorld({ sql: doors, extensions: [extension] });
  try {
    const who = world.north.member;
    return {
      GraphQL: await count(world, (fail) => byGraphql(world, who, fail)),
      REST: await count(world, (fail) => byRest(world, who, fail)),
      SQL: await count(world, (fail) =>
        inTransaction(world, who, fail, `select rowlock.launch_job('greet', '{"name": "SQL"}')`),
      ),
      trigger: await count(world, (fail) =>
        inTransaction(world, who, fail, `insert into app.guests (name) values ('trigger')`),
      ),
    };
  } finally {
    await world.stop();
  }
}

async function count(
  world: World,
  launch: (fail: boolean) => Promise<void>,
): Promise<{ rolledBack: number; committed: number }> {
  const before = await countJobs(world);
  await launch(true);
  const between = await countJobs(world);
  await launch(false);
  return { rolledBack: between - before, committed: (await countJobs(world)) - between };
}

/** Jobs, after making sure that the three places that know of one agree. */
async function countJobs({ db }: World): Promise<number> {
  const { rows } = await db.pool("admin").query<{ job: number; live: number; broker: number }>(`
    select (select count(*)::int from rowlock.job) as job, (select count(*)::int from rowlock.live) as live,
           (select count(*)::int from graphile_worker._private_jobs) as broker`);
  const [found] = rows;
  assert.deepEqual([found?.live, found?.broker], [found?.job, found?.job], "job, live and broker agree");
  return found?.job ?? -1;
}

async function byGraphql(world: World, who: Person, fail: boolean): Promise<void> {
  const query = fail
    ? `mutation { greetOrFail(input: { name: "GraphQL", fail: true }) { result } }`
    : `mutation { launchJob(input: { task: "greet", payload: { name: "GraphQL" } }) { job { id state } } }`;
  const { errors } = await world.graphql(who, query);
  assert.equal(errors.length > 0, fail, JSON.stringify(errors));
}

async function byRest(world: World, who: Person, fail: boolean): Promise<void> {
  const answer = fail
    ? await world.send("POST", "/api/greet-and-fail", { as: who, json: {} })
    : await world.send("POST", "/api/jobs", { as: who, json: { task: "greet", payload: { name: "REST" } } });
  assert.equal(answer.status, fail ? 500 : 201, answer.text);
}

async function inTransaction({ db }: World, who: Person, fail: boolean, sql: string): Promise<void> {
  const changedMyMind = new Error("changed my mind");
  const done = withTenant(db.pool("api"), who, async (tx) => {
    await tx.query(sql);
    if (fail) throw changedMyMind;
  });
  if (fail) await assert.rejects(done, changedMyMind);
  else await done;
}
