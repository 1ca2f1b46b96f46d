import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createTestDatabase, type TestDatabase, type TestMember } from "../../src/testing/index.ts";
import { double, flaky, sleeper } from "./tasks.ts";

let db: TestDatabase;
let ada: TestMember;
before(async () => {
  db = await createTestDatabase({ tasks: [double, flaky, sleeper], evals: false });
  ada = await db.organization();
});
after(() => db.drop());

test("a worker has the database's tasks, and a job is waited for", async () => {
  await using worker = await db.startWorker({ WORKER_CONCURRENCY: "2" });
  assert.deepEqual(worker.tasks, ["double", "flaky", "sleeper"]);
  const id = await ada.launch(double, { n: 1 });
  assert.deepEqual((await db.waitFor(id, "succeeded")).result, { n: 2 });
  const other = await ada.launch(double, { n: -1 }, { maxAttempts: 1 });
  assert.equal((await db.waitFor(other, ["succeeded", "failed"])).state, "failed");
});

test("a worker goes by the clock of the test", async () => {
  await using _worker = await db.startWorker();
  const id = await ada.launch(sleeper, {});
  await db.waitFor(id, "scheduled");
  await db.clock.advance(3_600_000);
  await db.waitFor(id, "succeeded");
  await db.clock.reset();
});

test("a wait in vain says what the job is instead", async () => {
  const id = await ada.launch(double, { n: 1 });
  await assert.rejects(db.waitFor(id, "succeeded", { timeoutMs: 30 }), {
    code: "TEST_GAVE_UP",
    message:
      /^Waited 30 ms in vain: the job .{36} of "double" is (queued|waiting) after 0 of 5 attempts, not succeeded; startWorker or drain run it/,
  });
  const retried = await ada.launch(flaky, {});
  await db.drain();
  await assert.rejects(db.waitFor(retried, ["failed", "cancelled"], { timeoutMs: 30 }), {
    message: /is scheduled after 1 of 5 attempts, not failed or cancelled; it is due at 2/,
  });
});

test("a job that has ended otherwise is not waited for", async () => {
  const { id } = await ada.run(double, { n: -1 });
  await assert.rejects(db.waitFor(id, "succeeded", { timeoutMs: 60_000 }), {
    code: "TEST_GAVE_UP",
    message: /is failed \(TASK_FAILED: .*\) after 1 of 1 attempts, not succeeded\.$/,
  });
  await assert.rejects(db.waitFor("01900000-0000-7000-8000-000000000000", "succeeded"), {
    code: "NOT_FOUND",
  });
});
