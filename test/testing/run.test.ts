import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createTestDatabase, type TestDatabase } from "../../src/testing/index.ts";
import { double, sleeper, whoAmI } from "./tasks.ts";

let db: TestDatabase;
before(async () => {
  db = await createTestDatabase({ tasks: [double, whoAmI], evals: false });
});
after(() => db.drop());

test("a task is run in place, and its result has the task's own type", async () => {
  const ada = await db.organization();
  const job = await ada.run(double, { n: 21 });
  const n: number | undefined = job.result?.n;
  assert.equal(n, 42);
  assert.deepEqual([job.state, job.attempt, job.organizationId], ["succeeded", 1, ada.organizationId]);
  assert.equal("thrown" in job, false);
});

test("a handler's error fails the job; the test sees what was thrown, the organization does not", async () => {
  const ada = await db.organization();
  const job = await ada.run(double, { n: -1 });
  assert.deepEqual([job.state, job.error?.code], ["failed", "TASK_FAILED"]);
  assert.doesNotMatch(job.error?.message ?? "", /negative/);
  assert.ok(job.thrown instanceof RangeError);
  const again = await ada.run(double, { n: -1 }, { maxAttempts: 2 });
  assert.deepEqual([again.state, again.attempt], ["scheduled", 1]);
});

test("a payload that does not fit is refused at the door", async () => {
  const ada = await db.organization();
  // @ts-expect-error n is a number
  await assert.rejects(ada.run(double, { n: "1" }), { code: "INVALID_PAYLOAD" });
  // @ts-expect-error n is missing
  await assert.rejects(ada.launch(double, {}), { code: "INVALID_PAYLOAD" });
});

for (const role of ["owner", "admin", "member"] as const) {
  test(`an organization and its ${role} are made in one line, and tasks and transactions have their claims`, async () => {
    const ada = await db.organization({ role });
    const expected = { organization: ada.organizationId, user: ada.userId, role };
    assert.deepEqual((await ada.run(whoAmI, {})).result, expected);
    const { rows } = await ada.transaction((tx) =>
      tx.query(
        "select rowlock.claimed_user() as user, current_user as login, current_setting('rowlock.role') as role",
      ),
    );
    assert.deepEqual(rows, [{ user: ada.userId, login: "rowlock_tenant", role }]);
  });
}

test("a viewer launches nothing, and nobody sees another organization", async () => {
  const [vic, other] = [await db.organization({ role: "viewer" }), await db.organization()];
  await assert.rejects(vic.run(double, { n: 1 }), { code: "NOT_ALLOWED" });
  const { id } = await other.run(double, { n: 1 });
  const seen = (who: typeof vic) => who.transaction((tx) => tx.query("select id from rowlock.jobs"));
  assert.deepEqual((await seen(vic)).rows, []);
  assert.deepEqual((await seen(other)).rows, [{ id }]);
});

test("a colleague is of the same organization, and so is whoever is named", async () => {
  const ada = await db.organization();
  const bob = await ada.colleague({ role: "admin" });
  assert.equal(bob.organizationId, ada.organizationId);
  assert.deepEqual((await bob.run(whoAmI, {})).result?.role, "admin");
  assert.deepEqual((await db.as(bob.member).run("who-am-i", {})).result, {
    organization: ada.organizationId,
    user: bob.userId,
    role: "admin",
  });
});

test("a task that the database did not have is added when it is used, one that is named must be there", async () => {
  const ada = await db.organization();
  await assert.rejects(ada.launch("sleeper", {}), { code: "UNKNOWN_TASK" });
  assert.equal((await ada.run(sleeper, {})).state, "scheduled");
  await ada.launch("sleeper", {});
  await assert.rejects(db.job("01900000-0000-7000-8000-000000000000"), { code: "NOT_FOUND" });
});
