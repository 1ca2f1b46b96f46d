import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import {
  cancelJob,
  defineTask,
  findBatch,
  launchBatch,
  launchJob,
  runBundle,
  type Task,
} from "../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { deliver, jobRow, register } from "../helpers/jobs.ts";
import { makeOrganization, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
let org: TestOrganization;
const input = z.object({ fails: z.boolean().optional() });
const work = defineTask({
  name: "work",
  input,
  maxAttempts: 1,
  run({ fails }) {
    if (fails === true) throw new Error("as meant");
  },
});
before(async () => {
  db = await createTestDatabase();
  org = await makeOrganization(db);
  await register(db, work);
});
after(() => db.drop());

const as = <T>(act: (tx: TenantTransaction) => Promise<T>, who = org): Promise<T> =>
  withTenant(db.pool("api"), who.member, act);
const launch = (options = {}, payload = {}) => as((tx) => launchJob(tx, work, payload, options));
const stateOf = async (id: string) => (await jobRow(db, id)).state;
const task: Task<never> = work as Task<never>;

test("a job is blocked until the last of those before it has ended", async () => {
  const [a, b] = [await launch(), await launch()];
  const c = await launch({ dependsOn: [a, b] });
  assert.equal(await stateOf(c), "blocked");
  assert.deepEqual(await deliver(db, c, work), { kind: "early" });
  await deliver(db, a, work);
  assert.equal(await stateOf(c), "blocked");
  await deliver(db, b, work);
  assert.equal(await stateOf(c), "waiting");
  assert.deepEqual(await deliver(db, c, work), { kind: "succeeded" });
});

test("those that end at the same moment let it go once", async () => {
  for (let round = 0; round < 5; round += 1) {
    const before = await Promise.all(Array.from({ length: 6 }, () => launch()));
    const id = await launch({ dependsOn: before });
    await Promise.all(before.map((one) => deliver(db, one, work)));
    assert.equal(await stateOf(id), "waiting");
  }
});

test("one that failed takes along what depends on it, or does not", async () => {
  const a = await launch({}, { fails: true });
  const cancelled = await launch({ dependsOn: [a] });
  const next = await launch({ dependsOn: [cancelled] });
  const goesOn = await launch({ dependsOn: [a], ifFailed: "go on" });
  await deliver(db, a, work);
  for (const id of [cancelled, next]) {
    const { state, errorCode } = await jobRow(db, id);
    assert.deepEqual([state, errorCode], ["cancelled", "DEPENDENCY_FAILED"]);
  }
  assert.equal(await stateOf(goesOn), "waiting");
  // Launched afterwards, they find the same.
  assert.equal(await stateOf(await launch({ dependsOn: [a] })), "cancelled");
  assert.equal(await stateOf(await launch({ dependsOn: [a], ifFailed: "go on" })), "waiting");
});

test("a cancel counts as a failure, and a scheduled one waits for its time as well", async () => {
  const a = await launch();
  const b = await launch({ dependsOn: [a] });
  await as((tx) => cancelJob(tx, a));
  assert.equal(await stateOf(b), "cancelled");
  const c = await launch();
  const d = await launch({ dependsOn: [c], runAt: new Date(Date.now() + 60_000) });
  await runBundle(db.pool("task"), [c], work.definition, new AbortController().signal);
  assert.equal(await stateOf(d), "scheduled");
});

test("one that another takes the place of is over for those that wait for it", async () => {
  const a = await launch({ key: "k" });
  const [b, c] = [await launch({ dependsOn: [a] }), await launch({ dependsOn: [a], ifFailed: "go on" })];
  await launch({ key: "k", keyMode: "replace" });
  assert.deepEqual(
    [await stateOf(a), await stateOf(b), await stateOf(c)],
    ["cancelled", "cancelled", "waiting"],
  );
});

test("what waits for a job that was at work at the launch is found afterwards", async () => {
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const slow = defineTask({
    name: "slow",
    input,
    async run() {
      begun.resolve();
      await held.promise;
    },
  });
  await register(db, slow);
  const a = await as((tx) => launchJob(tx, slow, {}));
  const running = deliver(db, a, slow);
  await begun.promise;
  const b = await launch({ dependsOn: [a] });
  held.resolve();
  await running;
  assert.equal(await stateOf(b), "blocked");
  await db.pool("task").query("select rowlock_private.unblock_unmarked()");
  assert.equal(await stateOf(b), "waiting");
});

test("another's job, and nobody's, cannot be depended on", async () => {
  const theirs = await as((tx) => launchJob(tx, work, {}), await makeOrganization(db));
  await assert.rejects(launch({ dependsOn: [theirs] }), { code: "NOT_FOUND" });
  await assert.rejects(launch({ dependsOn: [await launch()], ifFailed: "stop" }), {
    code: "INVALID_ARGUMENT",
  });
});

test("a graph is launched in any order, and refused when it has a circle", async () => {
  const { id, jobIds } = await as((tx) =>
    launchBatch(tx, {
      jobs: [
        { task, name: "last", dependsOn: ["left", "right"] },
        { task, name: "left", dependsOn: ["first"] },
        { task, name: "right", dependsOn: ["first"] },
        { task, name: "first" },
      ],
    }),
  );
  const [last = "", left = "", right = "", first = ""] = jobIds;
  assert.deepEqual(await Promise.all(jobIds.map(stateOf)), ["blocked", "blocked", "blocked", "queued"]);
  for (const one of [first, left, right, last]) {
    assert.deepEqual(await deliver(db, one, work), { kind: "succeeded" });
  }
  assert.notEqual((await as((tx) => findBatch(tx, id)))?.completedAt, null);

  for (const jobs of [
    [
      { task, name: "a", dependsOn: ["b"] },
      { task, name: "b", dependsOn: ["a"] },
    ],
    [{ task, name: "a", dependsOn: ["a"] }],
    [{ task, dependsOn: ["nobody"] }],
    [
      { task, name: "a" },
      { task, name: "a" },
      { task, dependsOn: ["a"] },
    ],
  ]) {
    await assert.rejects(
      as((tx) => launchBatch(tx, { jobs })),
      { code: "INVALID_ARGUMENT" },
    );
  }
});
