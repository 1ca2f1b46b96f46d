import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask, type LongContext, launchJob, type Task } from "../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { deliver, jobRow, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  org = await makeOrganization(db);
});
after(() => db.drop());

let made = 0;
async function makeLong(run: (context: LongContext) => unknown): Promise<Task> {
  made += 1;
  const task = defineTask({
    name: `steps-${made}`,
    kind: "long",
    input: z.object({}),
    backOff: { baseMs: 0, maxMs: 0 },
    run: async (_payload, context) => void (await run(context)),
  });
  await register(db, task);
  return task as Task;
}
const as = <T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> =>
  withTenant(db.pool("api"), org.member, work);
const launch = (task: Task) => as((tx) => launchJob(tx, task, {}));
const due = (id: string) =>
  asOwner(
    db,
    "update rowlock.live set state = 'waiting', run_at = now() where id = $1 and state = 'scheduled'",
    [id],
  );

test("a step is done once; another attempt is given what it came to", async () => {
  const calls: string[] = [];
  const seen: unknown[] = [];
  const task = await makeLong(async ({ step, job }) => {
    const a = await step("a", ({ idempotencyKey }) => {
      calls.push(idempotencyKey);
      return { at: new Date(0), n: 1 };
    });
    const b = await step("b", () => {
      calls.push("b");
    });
    seen.push(a, b);
    if (job.attempt < 3) throw new Error("as meant");
  });
  const id = await launch(task);
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await deliver(db, id, task);
    await due(id);
  }
  assert.equal((await jobRow(db, id)).state, "succeeded");
  assert.deepEqual(calls, [`${id}/a`, "b"]);
  // The first attempt is given the same as the others: what JSON makes of it.
  const a = { at: "1970-01-01T00:00:00.000Z", n: 1 };
  assert.deepEqual(seen, [a, null, a, null, a, null]);
});

test("a step that fails is not stored, and is done again under the same key", async () => {
  const keys: string[] = [];
  const task = await makeLong(async ({ step }) => {
    await step("call", ({ idempotencyKey }) => {
      keys.push(idempotencyKey);
      if (keys.length === 1) throw new Error("as meant");
    });
  });
  const id = await launch(task);
  await deliver(db, id, task);
  await due(id);
  assert.deepEqual(await deliver(db, id, task), { kind: "succeeded" });
  assert.deepEqual(keys, [`${id}/call`, `${id}/call`]);
});

test("an attempt that lost its job stores nothing and is given nothing", async () => {
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let late: unknown;
  const task = await makeLong(async ({ step, job }) => {
    if (job.attempt > 0 && late === undefined) {
      late = null;
      first.resolve();
      await second.promise;
      late = await step("one", () => "from the dead").catch((error: unknown) => error);
      throw late;
    }
    return await step("one", () => "from the living");
  });
  const id = await launch(task);
  const lost = deliver(db, id, task);
  await first.promise;
  assert.deepEqual(await deliver(db, id, task), { kind: "succeeded" });
  second.resolve();
  assert.deepEqual(await lost, { kind: "lost" });
  const rows = await asOwner(db, "select result from rowlock.job_steps where job_id = $1", [id]);
  assert.deepEqual(rows, [{ result: "from the living" }]);
});

test("what cannot be a step is refused: a name twice, none, a result too large", async () => {
  for (const [run, code] of [
    [
      async ({ step }: LongContext) => [await step("x", () => 1), await step("x", () => 2)],
      "INVALID_ARGUMENT",
    ],
    [async ({ step }: LongContext) => await step("", () => 1), "INVALID_ARGUMENT"],
    [async ({ step }: LongContext) => await step("x", () => "y".repeat(300_000)), "INVALID_RESULT"],
  ] as const) {
    const task = await makeLong(run);
    const id = await launch(task);
    await deliver(db, id, task);
    const [event] = await asOwner<{ code: string }>(
      db,
      "select code from rowlock.job_events where job_id = $1",
      [id],
    );
    assert.equal(event?.code, code);
  }
});

test("a job that sleeps holds no hand, keeps its attempt, and goes on behind its steps", async () => {
  let before = 0;
  const task = await makeLong(async ({ step, sleep: rest, job }) => {
    await step("before", () => {
      before += 1;
    });
    await rest("a while", 300);
    await rest("no time", new Date(0));
    return job.attempt;
  });
  const id = await launch(task);
  const began = Date.now();
  const outcome = await deliver(db, id, task);
  assert.equal(outcome.kind, "snoozed");
  const { state, runAt, attempt } = await jobRow(db, id);
  assert.deepEqual([state, attempt], ["scheduled", 0]);
  assert.ok(Math.abs(runAt.getTime() - began - 300) < 200);
  // Delivered too early it goes back to sleep, for the rest.
  await due(id);
  assert.equal((await deliver(db, id, task)).kind, "snoozed");
  await sleep(320);
  await due(id);
  assert.deepEqual(await deliver(db, id, task), { kind: "succeeded" });
  assert.equal(before, 1);
});
