import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import {
  createSchedule,
  defineTask,
  deleteSchedule,
  fanOut,
  findSchedule,
  getSchedule,
  runDueSchedules,
  runSchedule,
  type ScheduleFields,
  updateSchedule,
} from "../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { deliver, jobRow, jobRows, register } from "../helpers/jobs.ts";
import {
  addMember,
  asOwner,
  makeOrganization,
  removeMember,
  suspend,
  type TestOrganization,
} from "../helpers/organization.ts";

let db: TestDatabase;
let org: TestOrganization;
const report = defineTask({ name: "report", input: z.object({ name: z.string() }), run: () => undefined });
const chore = defineTask({ name: "chore", input: z.object({}), launchRole: "system", run: () => undefined });
const noon = new Date("2027-06-01T12:00:00Z");
const at = (minutes: number) => db.clock.set(new Date(noon.getTime() + minutes * 60_000));

before(async () => {
  db = await createTestDatabase();
  await register(db, report, chore);
});
beforeEach(async () => {
  await asOwner(
    db,
    "update rowlock.schedules set enabled = false; update rowlock.system_schedules set enabled = false",
  );
  await at(0);
  org = await makeOrganization(db, { role: "member" });
});
after(() => db.drop());

const as = <T>(work: (tx: TenantTransaction) => Promise<T>, who = org) =>
  withTenant(db.pool("api"), who.member, work);
const hourly: ScheduleFields = {
  name: "hourly",
  task: "report",
  payload: { name: "h" },
  expression: "0 * * * *",
};
const make = (some: Partial<ScheduleFields> = {}, who = org) =>
  as((tx) => createSchedule(tx, { ...hourly, ...some }), who);
const tick = () => runDueSchedules(db.pool("task"));
/** The ticks of a schedule that launched a job, as hours and minutes, with the jobs. */
async function runs(id: string): Promise<{ at: string; job: string }[]> {
  const rows = await asOwner<{ tick_at: Date; job_id: string }>(
    db,
    "select tick_at, job_id from rowlock.schedule_runs where schedule_id = $1 order by tick_at, job_id",
    [id],
  );
  return rows.map(({ tick_at, job_id }) => ({ at: tick_at.toISOString().slice(11, 16), job: job_id }));
}
const times = async (id: string) => (await runs(id)).map((run) => run.at);

test("a schedule launches a job at its tick, for whoever saved it", async () => {
  const { id, nextAt } = await make({ priority: 7 });
  assert.equal(nextAt, "2027-06-01T13:00:00.000Z");
  await at(59);
  assert.deepEqual(await tick(), []);
  await at(60);
  assert.deepEqual(await tick(), [{ organizationId: org.organizationId, id, jobs: 1, errorCode: null }]);
  const [run] = await runs(id);
  const job = await jobRow(db, String(run?.job));
  assert.deepEqual(
    [job.task, job.payload, job.userId, job.source, job.state, job.priority],
    ["report", { name: "h" }, org.userId, "schedule", "waiting", 7],
  );
  const schedule = await as((tx) => getSchedule(tx, id));
  assert.deepEqual(
    [schedule.nextAt, schedule.lastAt, schedule.lastJobId],
    ["2027-06-01T14:00:00.000Z", "2027-06-01T13:00:00.000Z", job.id],
  );
  assert.deepEqual(await tick(), []);
});

test("however many workers look at once, a tick launches one job", async () => {
  const made = await Promise.all(Array.from({ length: 120 }, (_, n) => make({ name: `s${n}` })));
  await at(60);
  const done = (await Promise.all(Array.from({ length: 5 }, tick))).flat();
  await tick();
  assert.ok(done.every(({ jobs }) => jobs === 1));
  for (const { id } of made) assert.deepEqual(await times(id), ["13:00"]);
});

test("after an hour without workers each policy launches what it says", async () => {
  const made = await Promise.all(
    (["skip", "last", "all"] as const).map((catchUp) =>
      make({ name: catchUp, expression: "*/10 * * * *", catchUp }),
    ),
  );
  await at(10);
  await tick();
  await at(75);
  await tick();
  const [skip, last, all] = await Promise.all(made.map(({ id }) => times(id)));
  assert.deepEqual(skip, ["12:10"]);
  assert.deepEqual(last, ["12:10", "13:10"]);
  assert.deepEqual(all, ["12:10", "12:20", "12:30", "12:40", "12:50", "13:00", "13:10"]);
  for (const { id } of made) {
    assert.equal((await as((tx) => getSchedule(tx, id))).nextAt, "2027-06-01T13:20:00.000Z");
  }
});

test("more ticks than are launched at a time are all launched", async () => {
  const { id } = await make({ expression: "* * * * *", catchUp: "all" });
  await at(250);
  while ((await tick()).length > 0);
  assert.equal((await times(id)).length, 250);
});

test("with overlap skip a tick launches nothing while the job before is unfinished", async () => {
  const { id } = await make({ overlap: "skip" });
  await at(60);
  await tick();
  await at(120);
  await tick();
  const [first, second] = await runs(id);
  assert.equal(first?.job, second?.job);
  await deliver(db, String(first?.job), report);
  await at(180);
  await tick();
  assert.notEqual((await runs(id))[2]?.job, first?.job);
});

test("one that is off does not tick, and goes on from where it is turned on", async () => {
  const { id } = await make();
  assert.equal((await as((tx) => updateSchedule(tx, id, { enabled: false }))).nextAt, null);
  await at(200);
  await tick();
  assert.deepEqual(await times(id), []);
  assert.equal(
    (await as((tx) => updateSchedule(tx, id, { enabled: true }))).nextAt,
    "2027-06-01T16:00:00.000Z",
  );
});

test("another name does not lose a tick that is due, another expression is planned anew", async () => {
  const { id } = await make();
  await at(61);
  await as((tx) => updateSchedule(tx, id, { name: "renamed" }));
  await tick();
  assert.deepEqual(await times(id), ["13:00"]);
  const changed = await as((tx) => updateSchedule(tx, id, { expression: "30 * * * *" }));
  assert.deepEqual([changed.name, changed.nextAt], ["renamed", "2027-06-01T13:30:00.000Z"]);
});

test("made in SQL it is planned by a worker, and what that cannot read turns it off with a reason", async () => {
  const [good, bad] = await as(async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      `select id from rowlock.create_schedule('good', 'report', '0 * * * *', '{"name": "sql"}')
       union all select id from rowlock.create_schedule('bad', 'report', '0 99 * * *', '{"name": "sql"}')`,
    );
    return rows.map((row) => row.id);
  });
  await tick();
  assert.equal((await as((tx) => getSchedule(tx, String(good)))).nextAt, "2027-06-01T13:00:00.000Z");
  const off = await as((tx) => getSchedule(tx, String(bad)));
  assert.deepEqual([off.enabled, off.nextAt, off.error?.code], [false, null, "INVALID_ARGUMENT"]);
  assert.match(off.error?.message ?? "", /99/);
});

test("when its user has left it is turned off, and runs again for who saves it", async () => {
  const other = await addMember(db, org.organizationId, "member");
  const { id } = await make();
  await removeMember(db, org.member);
  await at(60);
  assert.equal((await tick())[0]?.errorCode, "NOT_A_MEMBER");
  const heir = { ...org, userId: other, member: { ...org.member, userId: other } };
  const off = await as((tx) => getSchedule(tx, id), heir);
  assert.deepEqual([off.enabled, off.error?.code], [false, "NOT_A_MEMBER"]);
  const on = await as((tx) => updateSchedule(tx, id, { enabled: true }), heir);
  assert.deepEqual([on.enabled, on.error, on.userId], [true, null, other]);
});

test("a suspended organization's ticks launch nothing and its schedules stay on", async () => {
  const { id } = await make();
  await suspend(db, org.organizationId);
  await at(60);
  assert.equal((await tick())[0]?.errorCode, "ORGANIZATION_INACTIVE");
  const [row] = await asOwner<{ enabled: boolean; next: Date }>(
    db,
    "select enabled, next_at as next from rowlock.schedules where id = $1",
    [id],
  );
  assert.deepEqual([row?.enabled, row?.next.toISOString()], [true, "2027-06-01T14:00:00.000Z"]);
});

test("one that cannot launch takes no other along", async () => {
  const full = await makeOrganization(db, { role: "member" });
  await asOwner(db, "insert into rowlock.policies (organization_id, max_pending) values ($1, 0)", [
    full.organizationId,
  ]);
  const refused = await make({}, full);
  const fine = await make();
  await at(60);
  await tick();
  assert.deepEqual(await times(fine.id), ["13:00"]);
  const schedule = await as((tx) => getSchedule(tx, refused.id), full);
  assert.deepEqual(
    [schedule.enabled, schedule.error?.code, schedule.lastAt],
    [true, "TOO_MANY_PENDING", null],
  );
  await asOwner(db, "delete from rowlock.policies where organization_id = $1", [full.organizationId]);
  await at(120);
  await tick();
  assert.equal((await as((tx) => getSchedule(tx, refused.id), full)).error, null);
});

test("run now launches for the caller and leaves the ticks alone", async () => {
  const { id, nextAt } = await make();
  const job = await as((tx) => runSchedule(tx, id));
  assert.deepEqual([job?.task, job?.source, job?.userId], ["report", "schedule", org.userId]);
  assert.equal((await as((tx) => getSchedule(tx, id))).nextAt, nextAt);
});

test("removed, its jobs stay", async () => {
  const { id } = await make();
  await at(60);
  await tick();
  await as((tx) => deleteSchedule(tx, id));
  assert.equal(await as((tx) => findSchedule(tx, id)), undefined);
  assert.equal(
    (
      await jobRows(
        db,
        (await runs(id)).map((run) => run.job),
      )
    ).length,
    1,
  );
});

test("what cannot be a schedule is refused with where it is wrong", async () => {
  const refused = (some: Partial<ScheduleFields>, code: string, path?: string) =>
    assert.rejects(make(some), (error: { code?: string; issues?: { path: string }[] }) => {
      assert.equal(error.code, code);
      if (path !== undefined) assert.equal(error.issues?.[0]?.path, path);
      return true;
    });
  await refused({ expression: "0 0 30 2 *" }, "INVALID_ARGUMENT", "/expression");
  await refused({ timeZone: "Mars/Base" }, "INVALID_ARGUMENT", "/timeZone");
  await refused({ name: "" }, "INVALID_ARGUMENT", "/name");
  await refused({ priority: 101 }, "INVALID_ARGUMENT", "/priority");
  await refused({ payload: { name: 1 } }, "INVALID_PAYLOAD", "/name");
  await refused({ task: "nothing" }, "UNKNOWN_TASK");
  await refused({ task: "chore", payload: {} }, "UNKNOWN_TASK");
  await make();
  await refused({}, "CONFLICT");
  const viewer = await makeOrganization(db, { role: "viewer" });
  await assert.rejects(make({}, viewer), { code: "NOT_ALLOWED" });
  await assert.rejects(
    as((tx) => tx.query("select rowlock.create_schedule('x', 'chore', '0 * * * *')")),
    /may not launch the task "chore"/,
  );
});

test("an operators' schedule launches for every active organization, each once, by any number of workers", async () => {
  const { name } = db;
  const others = await Promise.all(Array.from({ length: 120 }, () => makeOrganization(db)));
  await suspend(db, String(others[0]?.organizationId));
  await asOwner(db, "insert into rowlock.policies (organization_id, max_pending) values ($1, 0)", [
    others[1]?.organizationId,
  ]);
  const [made] = await asOperator<{ id: string }>(
    "insert into rowlock.system_schedules (name, task, expression) values ($1, 'chore', '*/30 * * * *') returning id",
    [`all of ${name}`],
  );
  await tick();
  await at(30);
  await tick();
  const never = new AbortController().signal;
  await Promise.all(Array.from({ length: 4 }, () => fanOut(db.pool("task"), never)));
  await fanOut(db.pool("task"), never);
  const active = await asOwner<{ id: string }>(
    db,
    "select id from rowlock.organizations where state = 'active' and id <> $1 order by id",
    [others[1]?.organizationId],
  );
  const launched = await asOwner<{ id: string; state: string }>(
    db,
    `select r.organization_id as id, j.source || ' ' || j.task as state from rowlock.schedule_runs r
     join rowlock.job j on j.organization_id = r.organization_id and j.id = r.job_id and j.user_id is null
     where r.schedule_id = $1 order by 1`,
    [made?.id],
  );
  assert.deepEqual(
    launched.map(({ id }) => id),
    active.map(({ id }) => id),
  );
  assert.deepEqual(new Set(launched.map(({ state }) => state)), new Set(["schedule chore"]));
  const [after] = await asOperator<Record<string, unknown>>(
    "select jobs, refused, last_at::text, next_at::text from rowlock.system_schedules where id = $1",
    [made?.id],
  );
  assert.deepEqual(after, {
    jobs: active.length,
    refused: 1,
    last_at: "2027-06-01 12:30:00+00",
    next_at: "2027-06-01 13:00:00+00",
  });
  await assert.rejects(
    asOperator("update rowlock.system_schedules set expression = 'often' where id = $1", [made?.id]),
    /five fields of cron/,
  );
});

async function asOperator<Row extends Record<string, unknown>>(
  sql: string,
  values: unknown[],
): Promise<Row[]> {
  const client = await db.pool("admin").connect();
  try {
    await client.query("begin; set local role rowlock_operator; set local timezone = 'UTC'");
    const { rows } = await client.query<Row>(sql, values);
    await client.query("commit");
    return rows;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
