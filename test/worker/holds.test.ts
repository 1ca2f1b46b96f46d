import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchJob } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { createNotes, until, waitForJob } from "../helpers/jobs.ts";
import { makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { startTestWorker } from "../helpers/worker.ts";

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  org = await makeOrganization(db);
});
after(() => db.drop());

type Hold = { job: string; task: string; state: string; attempt: number; organization: string };

/** As operators ask, in their role. */
async function holds(): Promise<Hold[]> {
  const client = await db.pool("ops").connect();
  try {
    await client.query("begin; set local role rowlock_operator");
    const { rows } = await client.query<Hold>(
      `select h.job_id as job, h.task, h.state, h.attempt, h.organization_id as organization
       from rowlock.workers() w cross join unnest(w.holds) h where h.since between now() - interval '1 minute' and now()
       order by h.task`,
    );
    return rows;
  } finally {
    await client.query("rollback");
    client.release();
  }
}

test("what a worker has in hand is seen while it has it: long jobs and transactional ones", async () => {
  await using _worker = await startTestWorker(db);
  const holder = await db.pool("admin").connect();
  await holder.query("select pg_advisory_lock(77)");
  const launch = (task: string) =>
    withTenant(db.pool("api"), org.member, (tx) => launchJob(tx, task, { text: task, gate: 77 }));
  const [long, short] = [await launch("nested/long-note"), await launch("note")];
  const seen = await until(holds, (all) => all.length === 2 && all.some(({ state }) => state === "running"));
  const common = { attempt: 1, organization: org.organizationId };
  assert.deepEqual(
    seen.map(({ state: _state, ...rest }) => rest),
    [
      { job: long, task: "nested/long-note", ...common },
      { job: short, task: "note", ...common },
    ],
  );
  await holder.query("select pg_advisory_unlock(77)");
  holder.release();
  for (const id of [long, short]) await waitForJob(db, id, "succeeded");
  await until(holds, (all) => all.length === 0);
});
