import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestWorker } from "../../../src/testing/index.ts";
import { until } from "../../helpers/jobs.ts";
import { countRoundTrips, type RoundTripCounter } from "../../helpers/round-trips.ts";
import { startTestWorker } from "../../helpers/worker.ts";
import { startWorld, type World } from "../support.ts";
import { changeNote, launchLater, watchBySocket, watchByStream } from "./support.ts";

let world: World;
let counter: RoundTripCounter;
let worker: TestWorker;
before(async () => {
  world = await startWorld({
    async through(url) {
      counter = await countRoundTrips(url);
      return counter.through(url);
    },
  });
  worker = await startTestWorker(world.db, { TASKS_DIR: join(import.meta.dirname, "../../client/tasks") });
});
after(async () => {
  await worker.stop();
  await world.stop();
  await counter.close();
});

const ofJob = "subscription ($id: UUID!) { job(id: $id) { id progressNote } }";
type Job = { job: { id: string; progressNote: string | null } };

test("a hundred who watch the same job, by either way, cost one read a change", async (t) => {
  const id = await launchLater(world);
  const watched = Array.from({ length: 100 }, (_, n) =>
    (n % 2 === 0 ? watchBySocket : watchByStream)<Job>(world, world.north.viewer, ofJob, { id }),
  );
  const allSee = async (note: string | null) => {
    await Promise.all(watched.map((one) => one.seen(({ job }) => job.progressNote === note)));
  };
  await allSee(null);
  await sleep(300);
  counter.trips.length = 0;
  const changes = 10;
  for (let n = 1; n <= changes; n += 1) {
    await changeNote(world, id, `change ${n}`);
    await allSee(`change ${n}`);
  }
  const reads = counter.trips.filter(({ statements }) =>
    statements.some((text) => text.includes('__job__."progress_note"')),
  );
  for (const one of watched) one.stop();
  t.diagnostic(`${reads.length} reads, ${counter.trips.length} round trips in all`);
  // Whoever watches alone costs as many; one may be read twice when the database is slow.
  assert.ok(reads.length >= changes && reads.length <= changes + 2, `${reads.length}`);
});

type Changes = { jobChanges: { resync: boolean; jobs: { id: string; state: string }[] } };

test("the listening connection is cut three times while jobs end, and whoever watches them misses none", async () => {
  const watched = [watchBySocket, watchByStream].map((watch) =>
    watch<Changes>(world, world.north.viewer, "subscription { jobChanges { resync jobs { id state } } }"),
  );
  await sleep(500);
  const ids: string[] = [];
  let cuts = 0;
  for (let n = 0; n < 60; n += 1) {
    const { body } = await world.send("POST", "/api/jobs", {
      as: world.north.member,
      json: { task: "greet", payload: { name: `job ${n}` } },
    });
    ids.push((body as { id: string }).id);
    if (n % 20 === 10) cuts += await cutListening();
    await sleep(20);
  }
  assert.equal(cuts, 3);
  for (const one of watched) {
    const missing = await until(
      async () => {
        const ended = one.data.flatMap(({ jobChanges }) =>
          jobChanges.jobs.filter(({ state }) => state === "succeeded"),
        );
        const told = new Set(ended.map(({ id }) => id));
        return ids.filter((id) => !told.has(id));
      },
      (left) => left.length === 0,
      10_000,
    );
    assert.deepEqual(missing, []);
    assert.ok(one.data.every(({ jobChanges }) => !jobChanges.resync));
    assert.deepEqual([one.errors, one.over()], [[], false]);
    one.stop();
  }
});

/** @returns how many were cut, once there is one again */
async function cutListening(): Promise<number> {
  const listening =
    "from pg_stat_activity where application_name = 'rowlock-api-live' and datname = current_database()";
  const pool = world.db.pool("admin");
  const { rows } = await until(
    () => pool.query<{ pid: number }>(`select pid ${listening}`),
    (found) => found.rows.length === 1,
  );
  const { rowCount } = await pool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
  return rowCount ?? 0;
}
