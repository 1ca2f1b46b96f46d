import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Overview } from "../../src/jobs/index.ts";
import { fieldOf, startWorld, type World } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

const query = `{ overview(minutes: 10) {
  states { state jobs } perMinute { minute succeeded failed cancelled } wait { p50 p95 p99 } run { p50 p95 p99 }
  oldestWaitingSeconds errors { fingerprint task code message jobs lastAt lastJobId } } }`;

/** 30 jobs, one each 10 s up to now: waited 100 ms each, ran a second each, every tenth failed. */
const ended = `
  insert into rowlock.job_end (organization_id, id, run_at, started_at, finished_at, priority, attempt, state, task,
                               error_code, error_message)
  select $1, rowlock.uuid7(), m.at - interval '1.1 s', m.at - interval '1 s', m.at, 0, 1,
         case when n % 10 = 0 then 'failed' else 'succeeded' end, 'greet',
         case when n % 10 = 0 then 'TASK_FAILED' end,
         case when n % 10 = 0 then format('Order %s of "%s" was refused at 0x%s.', n, n, n) end
  from generate_series(0, 29) n cross join lateral (select now() - n * interval '10 s' as at) m`;

test("The overview is the same before and after its minutes are rolled up", async () => {
  const { north, south } = world;
  await world.asOwner(ended, [north.id]);
  await world.send("POST", "/api/jobs", {
    as: south.member,
    json: { task: "greet", payload: { name: "Ada" } },
  });
  const read = async () => {
    const { data, errors } = await world.graphql(north.viewer, query);
    assert.deepEqual(errors, []);
    return fieldOf(data, "overview") as Overview;
  };
  const fresh = await read();
  assert.deepEqual(fresh.states, [
    { state: "failed", jobs: 3 },
    { state: "succeeded", jobs: 27 },
  ]);
  const sum = (of: "succeeded" | "failed" | "cancelled") =>
    fresh.perMinute.reduce((total, minute) => total + minute[of], 0);
  assert.deepEqual([sum("succeeded"), sum("failed"), sum("cancelled")], [27, 3, 0]);
  assert.equal(fresh.perMinute.length, 10);
  for (const [{ p50, p99 }, ms] of [
    [fresh.wait, 100],
    [fresh.run, 1000],
  ] as const) {
    for (const one of [p50, p99]) assert.ok(Math.abs((one ?? 0) - ms) <= ms / 10, `${one} for ${ms}`);
  }
  assert.equal(fresh.oldestWaitingSeconds, null);
  assert.equal(fresh.errors.length, 1);
  const [error] = fresh.errors;
  assert.equal(error?.jobs, 3);
  assert.equal(error?.message, 'Order 0 of "0" was refused at 0x0.');

  await world.asOwner(
    "update rowlock_private.rolled_minutes set rolled_to = date_trunc('minute', now()) - interval '20 minutes'",
  );
  for (let n = 0; n < 5; n += 1) {
    await world.db.pool("task").query("select rowlock_private.roll_minutes()");
  }
  const [kept] = await world.asOwner<{ n: number }>(
    "select count(*)::int as n from rowlock.ended_minutes where organization_id = $1",
    [north.id],
  );
  assert.ok((kept?.n ?? 0) >= 4, `${kept?.n} minutes are kept`);
  const ends = ({ perMinute }: Overview) =>
    perMinute
      .filter(({ succeeded, failed }) => succeeded + failed > 0)
      .map(({ minute, ...counts }) => [new Date(minute).getTime(), counts]);
  const later = await read();
  assert.deepEqual(ends(later), ends(fresh));
  assert.deepEqual([later.wait, later.run, later.errors], [fresh.wait, fresh.run, fresh.errors]);

  const other = await world.send("GET", "/api/overview?minutes=5", { as: south.viewer });
  const { perMinute, states, errors } = other.body as Overview;
  assert.ok(perMinute.every(({ succeeded, failed }) => succeeded + failed === 0));
  assert.deepEqual([states.map(({ jobs }) => jobs), errors], [[1], []]);
});

test("Errors that differ only in numbers, ids and quoted texts have one fingerprint, by which they are taken", async () => {
  const { north } = world;
  const [{ of = [] } = {}] = await world.asOwner<{ of?: string[] }>(
    `select array_agg(rowlock.error_fingerprint('t', 'C', m)) as of from unnest($1::text[]) m`,
    [
      [
        "Can't reach 'a.example' after 3.5 s, id 0193a5b1-1111-7222-8333-444455556666",
        "Can't reach 'b.example' after 17 s, id 0193a5b1-9999-7222-8333-444455556666",
        "Can't reach it",
      ],
    ],
  );
  assert.equal(of[0], of[1]);
  assert.notEqual(of[0], of[2]);
  const { data } = await world.graphql(
    north.viewer,
    '{ findJobs(states: ["failed"], first: 1) { jobs { errorFingerprint } } }',
  );
  const { jobs } = fieldOf(data, "findJobs") as { jobs: { errorFingerprint: string }[] };
  const errorFingerprint = jobs[0]?.errorFingerprint ?? "";
  const count = async (match: object) =>
    (await world.send("POST", "/api/jobs/count", { as: north.viewer, json: match })).body;
  assert.deepEqual(await count({ errorFingerprint }), { jobs: 3 });
  assert.deepEqual(await count({ errorFingerprint, tag: "none" }), { jobs: 0 });
  assert.deepEqual(await count({ errorFingerprint: "other" }), { jobs: 0 });
  const found = await world.send("GET", `/api/jobs?errorFingerprint=${errorFingerprint}`, {
    as: north.viewer,
  });
  assert.equal((found.body as { jobs: unknown[] }).jobs.length, 3);
});

test("Jobs of a tag are counted, cancelled and run again", async () => {
  const { north } = world;
  const launch = (tags: string[]) =>
    world.send("POST", "/api/jobs", {
      as: north.member,
      json: { task: "greet", payload: { name: "x" }, tags },
    });
  await launch(["wave"]);
  await launch(["wave", "more"]);
  await launch([]);
  const act = async (action: string, json: object) =>
    (await world.send("POST", `/api/jobs/${action}`, { as: north.member, json })).body;
  assert.deepEqual(await act("count", { tag: "wave" }), { jobs: 2 });
  assert.deepEqual(await act("cancel", { tag: "wave", atMost: 2 }), { jobs: 2, asked: 0 });
  assert.deepEqual(await act("retry", { tag: "more", atMost: 1 }), { jobs: 1, asked: 0 });
  const { data, errors } = await world.graphql(
    north.member,
    '{ countMatchingJobs(tag: "wave", states: ["cancelled"]) }',
  );
  assert.deepEqual([data, errors], [{ countMatchingJobs: "1" }, []]);
});
