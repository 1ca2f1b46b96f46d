import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { launchJobs, type Task } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { deliver, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization } from "../helpers/organization.ts";
import { settle } from "./checker.ts";
import { Ledger } from "./ledger.ts";
import bundled from "./tasks/bundled.ts";
import doomed from "./tasks/doomed.ts";

/** Everything well, and every way in which it can be otherwise. */
const cases: readonly [what: RegExp | undefined, sql: string][] = [
  [undefined, "select"],
  [/1 acknowledged and not there/, "delete from rowlock.job where key = 'job 0'"],
  [
    /1 launched twice/,
    "insert into rowlock.job select organization_id, rowlock.uuid7(), task, payload, key, user_id, source, parent_id, batch_id, max_attempts from rowlock.job where key = 'job 0'",
  ],
  [/1 ended not once/, "delete from rowlock.job_end where key = 'job 0'"],
  [
    /1 ended otherwise .*doomed: succeeded/,
    "update rowlock.job_end set state = 'succeeded', error_code = null where key = 'job 2'",
  ],
  [
    /1 with other attempts .*bundled: succeeded, attempt 2/,
    "update rowlock.job_end set attempt = 2 where key = 'job 0'",
  ],
  [
    /1 with more or fewer effects .*bundled: succeeded, attempt 1, 2 effects/,
    "insert into app.effects (organization_id, job_id, key, pid) select organization_id, job_id, key, pid from app.effects where key = 'job 0'",
  ],
  [
    /1 with more or fewer effects .*doomed: failed DOOMED, attempt 1, 1 effects/,
    "insert into app.effects (organization_id, job_id, key, pid) select organization_id, job_id, 'job 2', pid from app.effects where key = 'job 0'",
  ],
  [/1 launched without their order/, "delete from app.orders where key = 'job 1'"],
  [
    /"jobs":4.*should be .*"jobs":3/,
    "with one as (insert into rowlock.job select organization_id, rowlock.uuid7(), task, payload, 'of nobody', user_id, source, parent_id, batch_id, max_attempts from rowlock.job where key = 'job 0' returning *) insert into rowlock.job_end (organization_id, id, run_at, priority, attempt, state, task) select organization_id, id, now(), 0, 1, 'succeeded', task from one",
  ],
  [
    /1 jobs have not ended and 0 deliveries are left/,
    "insert into rowlock.live (organization_id, id, run_at, state, task) select organization_id, id, now(), 'waiting', task from rowlock.job where key = 'job 0'",
  ],
  [/0 jobs have not ended and 1 deliveries are left/, "select graphile_worker.add_job('bundled', '{}')"],
];

for (const [what, sql] of cases) {
  test(`the checker of the fault run finds ${what?.source ?? "nothing where all is well"}`, async () => {
    await using db = await createTestDatabase();
    const world = { server: { url: db.urls.admin }, ledger: await threeJobs(db) };
    await db.pool("admin").query(sql);
    const found = (await settle(world, 0)).map((trouble) => trouble.what).join("; ");
    if (what === undefined) assert.equal(found, "");
    else assert.match(found, what);
  });
}

/** Two that succeeded, one of them with its order, and one that failed. */
async function threeJobs(db: TestDatabase): Promise<Ledger> {
  const tables = await readFile(join(import.meta.dirname, "sql/0001_effects.sql"), "utf8");
  await db
    .pool("admin")
    .query(
      "create schema if not exists app authorization rowlock_owner; grant usage on schema app to rowlock_tenant",
    );
  await asOwner(db, `set search_path = app, pg_catalog; ${tables}`);
  await register(db, bundled, doomed);
  const { member } = await makeOrganization(db);
  const ledger = new Ledger();
  for (const [task, withOrder] of [
    [bundled, false],
    [bundled, true],
    [doomed, false],
  ] as const) {
    const entry = ledger.note(task.definition.name === "doomed" ? "doomed" : "bundled", withOrder);
    const [id = ""] = await withTenant(db.pool("api"), member, async (tx) => {
      if (withOrder) await tx.query("insert into app.orders (key) values ($1)", [entry.key]);
      return await launchJobs(tx, task as Task<{ key: string }>, [{ key: entry.key }], { keys: [entry.key] });
    });
    ledger.acknowledge([entry]);
    await deliver(db, id, task);
  }
  await db.pool("admin").query("delete from graphile_worker._private_jobs");
  return ledger;
}
