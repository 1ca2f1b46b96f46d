import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { launchJob } from "../../../src/jobs/index.ts";
import { withTenant } from "../../../src/tenancy/index.ts";
import type { TestDatabase } from "../../helpers/database.ts";
import { until } from "../../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../../helpers/organization.ts";
import { startFleet } from "./fleet.ts";

const organizations = 10_000;
const longestMs = 10_000;
/** Nobody else's job waits longer than that in 99 of 100 cases, whatever ticks. */
const longestWaitMs = 100;
const everyMs = 25;

/** Line 8: 10,000 organizations with a schedule each, due at one moment, beside one that launches by hand. */
export async function allAtOnce(): Promise<string> {
  await using fleet = await startFleet(2);
  const { db } = fleet;
  const other = await makeOrganization(db, { role: "member" });
  const quiet = await waits(db, other, 5_000);
  const [made] = await asOwner<{ due: Date }>(
    db,
    `with o as (
       insert into rowlock.organizations (name) select 'organization ' || n from generate_series(1, $1::int) n returning id),
     u as (insert into rowlock.users (email) select 'u-' || id || '@minute.example' from o returning id, email),
     m as (
       insert into rowlock.memberships (organization_id, user_id, role)
       select o.id, u.id, 'member' from o join u on u.email = 'u-' || o.id || '@minute.example'
       returning organization_id, user_id),
     s as (
       insert into rowlock.schedules (organization_id, name, task, payload, expression, user_id, next_at)
       select organization_id, 'daily', 'child', '{"text": "tick"}', '0 0 1 1 *', user_id,
              date_trunc('second', clock_timestamp()) + interval '12 seconds' from m returning next_at)
     select min(next_at) as due from s`,
    [organizations],
  );
  await asOwner(db, "analyze rowlock.schedules; analyze rowlock.organizations; analyze rowlock.memberships");
  const due = made?.due.getTime() ?? 0;
  assert.ok(due > Date.now(), "making them took longer than the time left to the tick");
  await sleep(due - Date.now());
  const busy = waits(db, other, longestMs);
  await rest(db, "select $1 - count(*)::int as left from rowlock.schedule_runs", [organizations]);
  const [launched] = await asOwner<{ after: number }>(
    db,
    `select extract(epoch from max(rowlock.moment_of(job_id)) - $1::timestamptz)::float8 as after from rowlock.schedule_runs`,
    [made?.due],
  );
  const seconds = launched?.after ?? Number.POSITIVE_INFINITY;
  const loud = await busy;
  await rest(db, "select count(*)::int as left from rowlock.live", []);
  const [check] = await asOwner<{ jobs: number; owners: number }>(
    db,
    `select count(*)::int as jobs, count(distinct organization_id)::int as owners from rowlock.job where source = 'schedule'`,
  );
  assert.deepEqual([check?.jobs, check?.owners], [organizations, organizations]);
  const told = `${organizations} launched ${seconds.toFixed(1)} s after the tick, each once; beside it jobs of another organization begun after ${loud.p50} ms in the middle, ${loud.p99} ms at the 99th (${quiet.p50} and ${quiet.p99} while nothing ticks)`;
  console.log(`  ${told}`);
  assert.ok(seconds * 1_000 <= longestMs, told);
  assert.ok(loud.p99 <= longestWaitMs, told);
  return told;
}

/** Until nothing is left; looked at seldom, since counting takes from what is measured. */
async function rest(db: TestDatabase, sql: string, values: unknown[]): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(500)) {
    if ((await asOwner<{ left: number }>(db, sql, values))[0]?.left === 0) return;
  }
  throw new Error(`After a minute there is still something left: ${sql}`);
}

/** How long jobs of one organization wait from their launch to their end, launched at a steady pace. */
async function waits(
  db: TestDatabase,
  who: TestOrganization,
  forMs: number,
): Promise<{ p50: number; p99: number }> {
  const ids: string[] = [];
  const over = performance.now() + forMs;
  for (let next = performance.now(); next < over; next += everyMs) {
    await sleep(Math.max(0, next - performance.now()));
    ids.push(
      await withTenant(db.pool("api"), who.member, (tx) =>
        launchJob(tx, "child", { text: "by hand" } as never),
      ),
    );
  }
  const rows = await until(
    () =>
      asOwner<{ ms: number }>(
        db,
        `select extract(epoch from e.started_at - e.run_at)::float8 * 1000 as ms from rowlock.job_end e
         where e.organization_id = $1 and e.id = any($2) order by 1`,
        [who.organizationId, ids],
      ),
    (ended) => ended.length === ids.length,
    60_000,
  );
  const at = (share: number) => Math.round(rows[Math.floor((rows.length - 1) * share)]?.ms ?? 0);
  return { p50: at(0.5), p99: at(0.99) };
}
