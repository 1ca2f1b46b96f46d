import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createSchedule, updateSchedule } from "../../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../../src/tenancy/index.ts";
import type { TestDatabase } from "../../helpers/database.ts";
import { until } from "../../helpers/jobs.ts";
import { asOwner, makeOrganization } from "../../helpers/organization.ts";
import { ticksByHand } from "../../helpers/ticks.ts";
import { startFleet } from "./fleet.ts";

const hourMs = 3_600_000;
/** From noon of the day before each change in 2027 to noon of the day after it. */
const changes = ["2027-03-13", "2027-03-27", "2027-10-30", "2027-11-06"].map(
  (day) => new Date(`${day}T12:00:00Z`),
);
const zones = ["Europe/Berlin", "America/New_York"];
const timings = ["30 2", "0 0", "15 1", "*/30 *"];
const stepMs = 300;

/** Line 6: ticks around both changes of the clocks in two zones, on a clock of the test's own; then an hour without workers. */
export async function overDaylightSaving(): Promise<string> {
  await using fleet = await startFleet(4);
  const { db } = fleet;
  const { member } = await makeOrganization(db, { role: "member" });
  const as = <T>(work: (tx: TenantTransaction) => Promise<T>) => withTenant(db.pool("api"), member, work);
  const make = (name: string, expression: string, timeZone: string, catchUp: "skip" | "last" | "all") =>
    as((tx) =>
      createSchedule(tx, { name, task: "child", payload: { text: name }, expression, timeZone, catchUp }),
    );
  let ticks = 0;
  let kills = 0;
  for (const from of changes) {
    const to = new Date(from.getTime() + 48 * hourMs);
    await db.clock.set(from);
    const made = [];
    for (const timeZone of zones) {
      for (const timing of timings) {
        const name = `${timing} ${timeZone} ${from.toISOString()}`;
        made.push({ timing, ...(await make(name, `${timing} * * *`, timeZone, "all")) });
      }
    }
    for (let now = from.getTime(); now <= to.getTime(); now += hourMs) {
      await db.clock.set(new Date(now));
      await sleep(stepMs);
      // At the change itself, when most of them tick.
      if (now === from.getTime() + 14 * hourMs) {
        await fleet.killOne();
        kills += 1;
      }
    }
    for (const { id, timing, timeZone } of made) {
      const wanted = ticksByHand(timing, timeZone, new Date(from.getTime() + 60_000), to);
      const ran = await until(
        () => runsOf(db, id),
        (runs) => runs.length >= wanted.length,
      );
      assert.deepEqual(ran, wanted, `${timing} in ${timeZone} from ${from.toISOString()}`);
      ticks += wanted.length;
      await as((tx) => updateSchedule(tx, id, { enabled: false }));
    }
  }
  const missed = await anHourAway(db, fleet, make);
  await until(
    async () => (await asOwner<{ count: string }>(db, "select count(*) from rowlock.live"))[0]?.count,
    (count) => count === "0",
    30_000,
  );
  const [ended] = await asOwner<{ jobs: number; runs: number }>(
    db,
    `select (select count(*) from rowlock.job_end where state = 'succeeded')::int as jobs,
            (select count(distinct job_id) from rowlock.schedule_runs)::int as runs`,
  );
  assert.deepEqual([ended?.jobs, ended?.runs], [ticks + missed.ran, ticks + missed.ran]);
  return `${ticks} ticks of ${changes.length * zones.length * timings.length} schedules around 4 changes of the clocks, each launched once, ${kills} workers killed; after an hour away: ${missed.told}`;
}

async function anHourAway(
  db: TestDatabase,
  fleet: Awaited<ReturnType<typeof startFleet>>,
  make: (
    name: string,
    expression: string,
    timeZone: string,
    catchUp: "skip" | "last" | "all",
  ) => Promise<{ id: string }>,
): Promise<{ ran: number; told: string }> {
  const noon = Date.parse("2027-12-01T12:00:00Z");
  await db.clock.set(new Date(noon));
  const made = [];
  for (const catchUp of ["skip", "last", "all"] as const) {
    made.push({ catchUp, ...(await make(catchUp, "*/10 * * * *", "UTC", catchUp)) });
  }
  // While workers are there each ticks, whatever its policy.
  await db.clock.set(new Date(noon + 10 * 60_000));
  for (const { id } of made) {
    await until(
      () => runsOf(db, id),
      (runs) => runs.length === 1,
    );
  }
  await fleet.stopAll();
  await db.clock.set(new Date(noon + 75 * 60_000));
  fleet.startAll();
  const counts = { skip: 0, last: 0, all: 0 };
  const wanted = { skip: 1, last: 2, all: 7 };
  for (const { id, catchUp } of made) {
    const ran = await until(
      () => runsOf(db, id),
      (runs) => runs.length >= wanted[catchUp],
    );
    counts[catchUp] = ran.length;
  }
  await sleep(1_500);
  for (const { id, catchUp } of made) counts[catchUp] = (await runsOf(db, id)).length;
  assert.deepEqual(counts, wanted);
  const ran = counts.skip + counts.last + counts.all;
  return { ran, told: `skip ${counts.skip - 1}, last ${counts.last - 1}, all ${counts.all - 1} of 6 missed` };
}

async function runsOf(db: TestDatabase, id: string): Promise<string[]> {
  const rows = await asOwner<{ tick_at: Date }>(
    db,
    "select tick_at from rowlock.schedule_runs where schedule_id = $1 order by 1",
    [id],
  );
  return rows.map(({ tick_at }) => tick_at.toISOString());
}
