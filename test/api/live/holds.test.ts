import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { issueToken, withTenant } from "../../../src/tenancy/index.ts";
import { until } from "../../helpers/jobs.ts";
import { spawnWorker, type WorkerProcess } from "../../helpers/worker.ts";
import { startWorld, type World } from "../support.ts";
import { socketOf, type Watched, watchBySocket, watchByStream } from "./support.ts";

/** What watching holds against: cuts, killed workers, crowds, and rights that end. */

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

test("a hundred who watch the same are one read", async () => {
  const later = { runAt: new Date(Date.now() + 3_600_000).toISOString() };
  const query = "subscription ($id: UUID!) { job(id: $id) { state dependencies(first: 5) { totalCount } } }";
  const scans = async () => {
    // What a session did is added up when it has been idle for a second.
    await sleep(1_500);
    const [row] = await world.asOwner<{ n: number }>(
      "select sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0))::int as n from pg_stat_user_tables where relname = 'dependencies'",
    );
    return row?.n ?? 0;
  };
  const reads: number[] = [];
  for (const watchers of [1, 100]) {
    const { body } = await world.send("POST", "/api/jobs", {
      as: world.north.member,
      json: { task: "greet", payload: { name: "crowd" }, ...later },
    });
    const { id } = body as { id: string };
    const all = Array.from({ length: watchers }, () =>
      watchBySocket<{ job: { state: string } }>(world, world.north.viewer, query, { id }),
    );
    await Promise.all(all.map((one) => one.seen(({ job }) => job.state === "scheduled", 20_000)));
    const before = await scans();
    await world.send("POST", `/api/jobs/${id}/cancel`, { as: world.north.member, json: {} });
    await Promise.all(all.map((one) => one.seen(({ job }) => job.state === "cancelled", 20_000)));
    reads.push((await scans()) - before);
    for (const one of all) one.stop();
  }
  const [byOne = 0, byHundred = 0] = reads;
  assert.ok(byOne > 0, "the table of dependencies was not read at all");
  // The hub looks now and then by itself: some reads more, and not a hundred times as many.
  assert.ok(byHundred <= byOne * 10, `${byOne} looks into it for one, ${byHundred} for a hundred`);
});

test("a key that is revoked, a token that expires and an organization that is suspended end what is watched", async () => {
  const { data } = await world.graphql(
    world.north.owner,
    `mutation { createApiKey(input: { name: "watcher", role: "member" }) { result { id secret } } }`,
  );
  const { result: key } = (data as { createApiKey: { result: { id: string; secret: string } } }).createApiKey;
  const token = await issueToken(world.settings, {
    userId: world.north.viewer.userId,
    organizationId: world.north.id,
    expiresIn: "3s",
  });
  const byKey = watchBySocket<Changes>(world, `Bearer ${key.secret}`, ofChanges);
  const byToken = watchBySocket<Changes>(world, `Bearer ${token}`, ofChanges);
  const suspended = watchBySocket<Changes>(world, world.south.owner, ofChanges);
  const stream = watchByStream<Changes>(world, world.south.viewer, ofChanges);
  await sleep(500);
  assert.deepEqual(
    [byKey, byToken, suspended].map((one) => one.closed()),
    [undefined, undefined, undefined],
  );

  await world.graphql(
    world.north.owner,
    `mutation { revokeApiKey(input: { id: "${key.id}" }) { clientMutationId } }`,
  );
  await world.asOwner("update rowlock.organizations set state = 'suspended' where id = $1", [world.south.id]);
  const ended = performance.now();
  const closedBy = async (one: Watched<Changes>) =>
    (
      await until(
        async () => one.closed(),
        (closed) => closed !== undefined,
      )
    )?.code;
  assert.equal(await closedBy(byKey), 4403);
  assert.equal(await closedBy(suspended), 4403);
  await until(
    async () => stream.over(),
    (over) => over,
  );
  assert.ok(performance.now() - ended < 2_000, `${(performance.now() - ended).toFixed(0)} ms`);
  assert.equal(stream.errors[0]?.extensions?.code, "ORGANIZATION_INACTIVE");
  assert.equal(await closedBy(byToken), 4401);
  await world.asOwner("update rowlock.organizations set state = 'active' where id = $1", [world.south.id]);
});

test("a connection watches a hundred things and no more; what reads too much is refused at once", async () => {
  const client = socketOf(world, `Bearer ${world.north.viewer.token}`);
  const refused = Promise.withResolvers<{ extensions?: { code?: string } }>();
  for (let n = 0; n <= 100; n += 1) {
    client.subscribe(
      { query: ofChanges },
      {
        next: () => undefined,
        complete: () => undefined,
        error: (errors) => refused.resolve((errors as { extensions?: { code?: string } }[])[0] ?? {}),
      },
    );
  }
  assert.equal((await refused.promise).extensions?.code, "QUERY_LIMIT");
  await client.dispose();

  const wide = `subscription { jobChanges { jobs {
    dependencies(first: 100) { nodes { dependsOnJob { dependencies(first: 100) { nodes { dependsOnJob {
      dependencies(first: 100) { nodes { jobId } } } } } } } } } } }`;
  const watched = watchBySocket(world, world.north.viewer, wide);
  await until(
    async () => watched.over(),
    (over) => over,
  );
  assert.equal(watched.errors[0]?.extensions?.code, "QUERY_LIMIT");
  assert.match(watched.errors[0]?.message ?? "", /may read \d+ rows/);
  watched.stop();
});
