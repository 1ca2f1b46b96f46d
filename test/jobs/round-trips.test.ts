import assert from "node:assert/strict";
import { test } from "node:test";
import { launchJobs } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase } from "../helpers/database.ts";
import { createNotes, until } from "../helpers/jobs.ts";
import { makeOrganization } from "../helpers/organization.ts";
import { countRoundTrips } from "../helpers/round-trips.ts";
import { startTestWorker } from "../helpers/worker.ts";

test("a transactional job costs three round trips from fetch to end, beside the handler's own", async () => {
  await using db = await createTestDatabase();
  await createNotes(db);
  const org = await makeOrganization(db);
  await using counter = await countRoundTrips(db.urls.admin);
  await using worker = await startTestWorker(db, {
    TASK_DATABASE_URL: counter.through(db.urls.task),
    BROKER_DATABASE_URL: counter.through(db.urls.broker),
    WORKER_CONCURRENCY: "1",
  });
  const run = async (count: number) => {
    await withTenant(db.pool("api"), org.member, (tx) =>
      launchJobs(
        tx,
        "note",
        Array.from({ length: count }, (_, n) => ({ text: `trip ${n}` })),
      ),
    );
    await until(
      async () => (await db.pool("admin").query("select from graphile_worker._private_jobs")).rowCount,
      (left) => left === 0,
    );
  };
  await run(2);
  counter.trips.length = 0;
  await run(1);
  // Empty polls may come before and after; the one that finds the job is the last before it begins.
  const at = counter.trips.findIndex((trip) => trip.statements.some((text) => text.includes("begin_job")));
  const trips = counter.trips.slice(at - 1, at + 3);
  assert.deepEqual(
    trips.map((trip) => [trip.login, trip.statements.length]),
    [
      ["rowlock_broker", 1],
      ["rowlock_task", 3],
      ["rowlock_task", 1],
      ["rowlock_task", 3],
    ],
    JSON.stringify(trips, null, 1),
  );
  assert.match(trips[0]?.statements[0] ?? "", /_private_jobs|get_job/);
  assert.match(trips[1]?.statements.join() ?? "", /^begin.*begin_job.*set local role/);
  assert.match(trips[2]?.statements[0] ?? "", /^insert into app.notes/);
  assert.match(trips[3]?.statements.join() ?? "", /^reset role.*finish_job.*commit$/);

  // Of many, fetching and completing are shared: 2 each, the handler's 1, and little more.
  counter.trips.length = 0;
  await run(50);
  const perJob = (counter.trips.length - 50) / 50;
  assert.ok(perJob <= 3, `${perJob} round trips for each of 50 jobs`);
  assert.equal(worker.health().healthy, true);
});
