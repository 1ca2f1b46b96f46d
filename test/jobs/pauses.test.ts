import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import {
  defineTask,
  launchJob,
  launchJobs,
  listPauses,
  pauseJobs,
  resumeJobs,
} from "../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { deliveries, lead } from "../helpers/dispatcher.ts";
import { brokerRows, jobRows, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
const one = defineTask({ name: "one", input: z.object({}), run: () => undefined });
const two = defineTask({ name: "two", input: z.object({}), run: () => undefined });
before(async () => {
  db = await createTestDatabase();
  await register(db, one, two);
});
after(() => db.drop());

const as = <T>(who: TestOrganization, work: (tx: TenantTransaction) => Promise<T>) =>
  withTenant(db.pool("api"), who.member, work);
const delivered = async () => new Set((await deliveries(db)).flat());

test("what an organization pauses is not begun until it resumes; others go on", async () => {
  const [paused, other] = [await makeOrganization(db), await makeOrganization(db)];
  await as(paused, (tx) => pauseJobs(tx, undefined, "the printer is on fire"));
  const held = await as(paused, (tx) => launchJob(tx, "one", {}));
  const free = await as(other, (tx) =>
    launchJobs(
      tx,
      "one",
      Array.from({ length: 200 }, () => ({})),
    ),
  );
  await using leading = await lead(db, 400);
  await leading.tickUntil(delivered, (ids) => free.every((id) => ids.has(id)));
  assert.ok(!(await delivered()).has(held));
  assert.deepEqual(
    (await jobRows(db, [held])).map(({ state }) => state),
    ["waiting"],
  );
  assert.deepEqual(
    (await as(paused, listPauses)).map(({ task, reason, userId }) => ({ task, reason, userId })),
    [{ task: null, reason: "the printer is on fire", userId: paused.userId }],
  );
  assert.deepEqual(await as(paused, (tx) => resumeJobs(tx)), []);
  await leading.tickUntil(delivered, (ids) => ids.has(held));
});

test("a task paused by one organization goes on for the others, and so do its other tasks", async () => {
  const [pausing, other] = [await makeOrganization(db), await makeOrganization(db)];
  const launch = (who: TestOrganization, task: string) =>
    as(who, (tx) =>
      launchJobs(
        tx,
        task,
        Array.from({ length: 101 }, () => ({})),
      ),
    );
  // Some were there before the pause: they are passed over as well.
  const before = await launch(pausing, "one");
  await as(pausing, (tx) => pauseJobs(tx, "one"));
  const held = [...before, ...(await launch(pausing, "one"))];
  const free = [...(await launch(pausing, "two")), ...(await launch(other, "one"))];
  await using leading = await lead(db, 2_000);
  await leading.tickUntil(delivered, (ids) => free.every((id) => ids.has(id)));
  const ids = await delivered();
  assert.ok(held.every((id) => !ids.has(id)));
  await as(pausing, (tx) => resumeJobs(tx, "one"));
  await leading.tickUntil(delivered, (all) => held.every((id) => all.has(id)));
  assert.ok((await brokerRows(db)).length > 0);
});

test("administrators alone pause; members see it; neither lifts what operators hold back", async () => {
  const admin = await makeOrganization(db, { role: "admin" });
  const member = await makeOrganization(db, { role: "member" });
  await assert.rejects(
    as(member, (tx) => pauseJobs(tx)),
    { code: "NOT_ALLOWED" },
  );
  await assert.rejects(
    as(admin, (tx) => pauseJobs(tx, "nothing")),
    { code: "UNKNOWN_TASK" },
  );
  await asOwner(db, "insert into rowlock.policies (organization_id, paused) values ($1, true)", [
    admin.organizationId,
  ]);
  await as(admin, (tx) => pauseJobs(tx));
  await as(admin, (tx) => pauseJobs(tx));
  await as(admin, (tx) => resumeJobs(tx));
  const [policy] = await asOwner<{ paused: boolean }>(
    db,
    "select paused from rowlock.policies where organization_id = $1",
    [admin.organizationId],
  );
  assert.equal(policy?.paused, true);
});
