import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createSchedule, launchBatch } from "../../src/index.ts";
import { createTestDatabase, type TestDatabase, type TestMember } from "../../src/testing/index.ts";
import { withClient } from "../helpers/database.ts";
import { countDown, double, flaky, sleeper } from "./tasks.ts";

const noon = new Date("2031-05-05T12:00:00Z");
const minutes = (n: number) => new Date(noon.getTime() + n * 60_000);

let db: TestDatabase;
let ada: TestMember;
before(async () => {
  db = await createTestDatabase({ tasks: [countDown, double, flaky, sleeper], evals: false });
});
after(() => db.drop());
beforeEach(async () => {
  await db.clock.set(noon);
  await db.drain();
  ada = await db.organization();
});

const states = async (...ids: string[]) => Promise.all(ids.map(async (id) => (await db.job(id)).state));

test("a drain runs what is ready and what that launches, and returns what ended, in that order", async () => {
  const first = await ada.launch(countDown, { from: 3 });
  const second = await ada.launch(double, { n: 2 });
  const urgent = await ada.launch(double, { n: -1 }, { priority: -5, maxAttempts: 1 });
  const ended = await db.drain();
  assert.deepEqual(ended.map(({ id }) => id).slice(0, 3), [urgent, first, second]);
  assert.equal(ended.length, 6);
  assert.ok(ended[0]?.thrown instanceof RangeError);
  assert.deepEqual(ended[2]?.result, { n: 4 });
  assert.deepEqual(await db.drain(), []);
});

test("a retry waits for its back-off by the clock, and so does what was launched for later", async () => {
  const id = await ada.launch(flaky, {});
  const later = await ada.launch(double, { n: 1 }, { runAt: minutes(30) });
  assert.deepEqual(await db.drain(), []);
  const { state, attempt, runAt } = await db.job(id);
  assert.deepEqual([state, attempt], ["scheduled", 1]);
  assert.ok(new Date(runAt) > minutes(4) && new Date(runAt) <= minutes(10), runAt);
  await db.clock.advance(10 * 60_000);
  assert.deepEqual(
    (await db.drain()).map((job) => [job.id, job.attempt]),
    [[id, 2]],
  );
  await db.clock.set(minutes(30));
  assert.deepEqual(
    (await db.drain()).map((job) => job.id),
    [later],
  );
});

test("a sleep ends by the clock, whichever way it is moved", async () => {
  const id = await ada.launch(sleeper, {});
  await db.drain();
  await db.clock.advance(3_599_000);
  await db.drain();
  assert.deepEqual(await states(id), ["scheduled"]);
  assert.deepEqual(await db.clock.advance(1_000), minutes(60));
  assert.deepEqual((await db.drain())[0]?.result, { slept: true });

  await db.clock.reset();
  const other = await ada.launch(sleeper, {});
  await db.drain();
  assert.deepEqual(await states(other), ["scheduled"]);
  await db.clock.advance(3_601_000);
  await db.drain();
  assert.deepEqual(await states(other), ["succeeded"]);
  // It runs on.
  assert.ok((await db.clock.now()).getTime() - Date.now() > 3_600_000);
});

test("a deadline passes by the clock, and with it what depends on the job", async () => {
  const id = await ada.launch(flaky, {}, { deadline: minutes(2) });
  const follower = await ada.launch(double, { n: 1 }, { dependsOn: [id] });
  await db.drain();
  assert.deepEqual(await states(id, follower), ["scheduled", "blocked"]);
  await db.clock.set(minutes(20));
  const ended = await db.drain();
  assert.deepEqual(
    ended.map(({ error }) => error?.code),
    ["DEADLINE_EXCEEDED", "DEPENDENCY_FAILED"],
  );
});

test("dependencies are let go and batches completed within one drain", async () => {
  const batch = await ada.transaction((tx) =>
    launchBatch(tx, {
      jobs: [
        { task: "double", payload: { n: 2 }, dependsOn: ["one"] },
        { task: "double", payload: { n: 1 }, name: "one" },
      ],
      onComplete: { task: "double", payload: { n: 3 } },
    }),
  );
  const ended = await db.drain();
  assert.deepEqual(
    ended.map(({ payload, batchId }) => [payload, batchId === batch.id]),
    [
      [{ n: 1 }, true],
      [{ n: 2 }, true],
      [{ n: 3 }, false],
    ],
  );
});

test("a schedule ticks by the clock", async () => {
  await ada.transaction((tx) =>
    createSchedule(tx, { name: "hourly", task: "double", payload: { n: 4 }, expression: "0 * * * *" }),
  );
  await db.drain();
  await db.clock.set(minutes(60));
  const ended = await db.drain();
  assert.deepEqual(
    ended.map(({ result, source }) => [result, source]),
    [[{ n: 8 }, "schedule"]],
  );
});

test("what the organization or an operator has paused stays, as with workers", async () => {
  await ada.transaction((tx) => tx.query("select rowlock.pause_jobs('double')"));
  const held = await ada.launch(double, { n: 1 });
  assert.deepEqual(await db.drain(), []);
  await ada.transaction((tx) => tx.query("select rowlock.resume_jobs('double')"));
  await db.drain();
  assert.deepEqual(await states(held), ["succeeded"]);

  const owner = db.pool("owner");
  await owner.query("insert into rowlock.policies (organization_id, paused) values ($1, true)", [
    ada.organizationId,
  ]);
  const id = await ada.launch(double, { n: 1 });
  assert.deepEqual(await db.drain(), []);
  await owner.query("update rowlock.policies set paused = false");
  await db.drain();
  assert.deepEqual(await states(id), ["succeeded"]);
});

test("a drain that comes to no end gives up and names the task", async () => {
  await ada.launch(countDown, { from: 100 });
  await assert.rejects(db.drain({ atMost: 20 }), {
    code: "TEST_GAVE_UP",
    message: /^20 attempts were made, and "count-down" \(.{36}\) is ready again/,
  });
  assert.equal((await db.drain()).length, 81);
});

test("a job that somebody holds, and a task that nobody gave, are named", async () => {
  const id = await ada.launch(double, { n: 1 });
  await withClient(db.urls.admin, async (holder) => {
    await holder.query("set role rowlock_owner");
    await holder.query("begin");
    await holder.query("select from rowlock.live where id = $1 for update", [id]);
    await assert.rejects(db.drain(), { code: "CONFLICT", message: new RegExp(`${id} of "double" is held`) });
  });
  await db.drain();
  await db.pool("owner").query("update rowlock.tasks set name = 'unheard-of' where name = 'double'");
  await ada.launch("unheard-of", { n: 1 });
  await assert.rejects(db.drain(), {
    code: "UNKNOWN_TASK",
    message: /"unheard-of"; it has: count-down, double/,
  });
});
