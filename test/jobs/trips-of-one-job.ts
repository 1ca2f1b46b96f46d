import assert from "node:assert/strict";
import { launchJobs } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase } from "../helpers/database.ts";
import { createNotes, until } from "../helpers/jobs.ts";
import { makeOrganization } from "../helpers/organization.ts";
import { countRoundTrips, type RoundTrip } from "../helpers/round-trips.ts";
import { startTestWorker } from "../helpers/worker.ts";

export type TripsOfOneJob = {
  /** A job alone in the system: fetching, beginning, finishing, completing; not the handler's own queries. */
  alone: number;
  /** Each of 50 launched together. */
  ofMany: number;
  /** Those of the task's login, in order: begin, the handler's, finish. */
  ours: RoundTrip[];
};

/** Counts the round trips of a transactional job on the wire, from its fetch to its end in a worker. */
export async function tripsOfOneJob(): Promise<TripsOfOneJob> {
  await using db = await createTestDatabase();
  await createNotes(db);
  const org = await makeOrganization(db);
  await using counter = await countRoundTrips(db.urls.admin);
  await using worker = await startTestWorker(db, {
    TASK_DATABASE_URL: counter.through(db.urls.task),
    BROKER_DATABASE_URL: counter.through(db.urls.broker),
    WORKER_CONCURRENCY: "10",
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
  const began = counter.trips.findIndex((trip) => trip.statements.some((text) => text.includes("begin_job")));
  const ours = counter.trips.filter((trip) => trip.login === "rowlock_task" && isOfJob(trip));
  // A poll that finds nothing may have come before; the last fetch is the job's.
  const fetches = counter.trips
    .slice(0, began)
    .filter((trip) => trip.login === "rowlock_broker" && /^with j_raw/.test(trip.statements[0] ?? ""));
  assert.equal(fetches.at(-1)?.statements.length, 1, JSON.stringify(counter.trips));

  // Of many, fetching and completing are shared.
  counter.trips.length = 0;
  await run(50);
  assert.equal(worker.health().healthy, true);
  const ofMany = counter.trips.filter((trip) => trip.login === "rowlock_broker" || isOfJob(trip));
  // A fetch; begin and finish, but for the handler's insert between them.
  return { alone: 1 + ours.length - 1, ofMany: (ofMany.length - 50) / 50, ours };
}

/** What a worker does beside jobs, by its clock, is no job's: how often that comes depends on the machine. */
function isOfJob({ statements }: RoundTrip): boolean {
  return statements.some((text) =>
    /(begin|finish|end|fail|resume|suspect|acquit)_jobs?\(|hand_back|put_off|^commit|^rollback|app\.notes/.test(
      text,
    ),
  );
}
