import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { withTenant } from "../../../src/tenancy/index.ts";
import { until } from "../../helpers/jobs.ts";
import { spawnWorker, type WorkerProcess } from "../../helpers/worker.ts";
import { startWorld, type World } from "../support.ts";
import { type Watched, watchBySocket } from "./support.ts";

/** What watching holds against: workers that are killed, and transactions that hold all connections. */

const ofChanges = "subscription { jobChanges { resync jobs { id state } } }";
type Changes = { jobChanges: { resync: boolean; jobs: { id: string; state: string }[] } };

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

const worker = (env: Record<string, string> = {}): WorkerProcess =>
  spawnWorker(world.db, "rowlock", { TASKS_DIR: join(import.meta.dirname, "../../client/tasks"), ...env });

async function launch(count: number): Promise<string[]> {
  return await withTenant(world.db.pool("api"), world.north.member, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      "select id from rowlock.launch_jobs('greet', array_fill('{\"name\": \"x\"}'::jsonb, array[$1::int])) as t(id)",
      [count],
    );
    return rows.map(({ id }) => id);
  });
}

const endsTold = (watched: Watched<Changes>) =>
  new Set(
    watched.data.flatMap(({ jobChanges: { jobs } }) =>
      jobs.flatMap(({ id, state }) => (state === "succeeded" ? [id] : [])),
    ),
  );

test("whoever watches misses no end: the listening connection is cut, and workers are killed before they tell", async () => {
  const watched = watchBySocket<Changes>(world, world.north.viewer, ofChanges);
  await sleep(500);
  const launched: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    await using busy = worker();
    const ended = async () =>
      (await world.asOwner<{ n: number }>("select count(*)::int as n from rowlock.job_end"))[0]?.n ?? 0;
    const from = await ended();
    for (let part = 0; part < 15; part += 1) {
      launched.push(...(await launch(8)));
      await sleep(40);
    }
    // Among the last of them: what it ended within the last tenth of a second it has not told.
    await until(ended, (now) => now > from + 60, 30_000);
    await world.db
      .pool("admin")
      .query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rowlock-api-live' and datname = current_database()",
      );
    await busy.end("SIGKILL");
  }
  await using last = worker();
  await until(
    () => world.asOwner<{ n: number }>("select count(*)::int as n from rowlock.live"),
    ([row]) => row?.n === 0,
    30_000,
  );
  await until(
    async () => launched.filter((id) => !endsTold(watched).has(id)),
    (missing) => missing.length === 0 || watched.data.some(({ jobChanges }) => jobChanges.resync),
    10_000,
  );
  assert.equal(
    watched.data.some(({ jobChanges }) => jobChanges.resync),
    false,
    "told to read everything again",
  );
  watched.stop();
  await last.end("SIGTERM");
});

test("what ended is told while a long transaction holds the worker's only connection", async () => {
  await using busy = worker({
    TASKS_DIR: join(import.meta.dirname, "tasks"),
    WORKER_POOL_SIZE: "1",
    WORKER_CONCURRENCY: "1",
  });
  const watched = watchBySocket<Changes>(world, world.north.viewer, ofChanges);
  const ids: string[] = [];
  await until(
    () =>
      world.send("POST", "/api/jobs", {
        as: world.north.member,
        json: { task: "nap", payload: { seconds: 0 } },
      }),
    ({ status }) => status === 201,
    20_000,
  );
  // At once, so that the long one begins when the short one ends, before anything is told of that.
  await withTenant(world.db.pool("api"), world.north.member, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      `select id from rowlock.launch_jobs('nap', array['{"seconds": 0.01}', '{"seconds": 4}']::jsonb[]) as t(id)`,
    );
    ids.push(...rows.map(({ id }) => id));
  });
  const [short = "", long = ""] = ids;
  await until(
    async () => endsTold(watched),
    (told) => told.has(short),
    10_000,
  );
  const [row] = await world.asOwner<{ age: number; open: boolean }>(
    `select extract(epoch from clock_timestamp() - e.finished_at)::float8 as age,
       exists (select from rowlock.live l where l.id = $2) as open from rowlock.job_end e where e.id = $1`,
    [short, long],
  );
  assert.equal(row?.open, true, "the long one is over already: nothing was shown");
  assert.ok((row?.age ?? 9) < 1, `told ${row?.age} s after its end`);
  watched.stop();
  await busy.end("SIGKILL");
});
