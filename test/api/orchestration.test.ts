import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Person, startWorld, type World } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

/** The field of a mutation or query that must succeed. */
async function ask<T>(who: Person, text: string, variables: Record<string, unknown> = {}): Promise<T> {
  const { data, errors } = await world.graphql(who, text, variables);
  assert.deepEqual(errors, []);
  return Object.values(data ?? {})[0] as T;
}

async function refusal(who: Person, text: string, variables: Record<string, unknown>) {
  const { errors } = await world.graphql(who, text, variables);
  const { code, issues } = errors[0]?.extensions ?? {};
  return [code, issues?.[0]?.path];
}

const launchBatch = `mutation ($input: LaunchBatchInput!) {
  launchBatch(input: $input) { jobIds batch { id name progress { jobs waiting blocked queued } } }
}`;
const greet = (name: string, some: Record<string, unknown> = {}) => ({
  task: "greet",
  payload: { name },
  ...some,
});

test("launchBatch launches all or none, and shows the batch with its progress and its jobs", async () => {
  const { member } = world.north;
  const jobs = [greet("a", { name: "a" }), greet("b", { dependsOn: ["a"], ifFailed: "go on" })];
  const made = await ask<{
    jobIds: string[];
    batch: { id: string; progress: { jobs: string; blocked: string } };
  }>(member, launchBatch, { input: { name: "two", jobs, onComplete: greet("last"), priority: null } });
  assert.equal(made.jobIds.length, 2);
  assert.deepEqual([made.batch.progress.jobs, made.batch.progress.blocked], ["2", "1"]);
  const listed = await ask<{ nodes: { id: string; state: string }[] }>(
    member,
    "query ($id: UUID!) { jobs(condition: { batchId: $id }, orderBy: [ID_ASC]) { nodes { id state } } }",
    { id: made.batch.id },
  );
  assert.deepEqual(
    listed.nodes.map(({ id }) => id),
    made.jobIds,
  );
  const { body } = await world.send("GET", `/api/jobs?batchId=${made.batch.id}`, { as: member });
  assert.equal((body as { jobs: unknown[] }).jobs.length, 2);

  const circle = [greet("a", { name: "a", dependsOn: ["b"] }), greet("b", { name: "b", dependsOn: ["a"] })];
  assert.deepEqual(await refusal(member, launchBatch, { input: { jobs: circle } }), [
    "INVALID_ARGUMENT",
    "/jobs/0/dependsOn",
  ]);
  const wrong = { input: { jobs: [greet("a")], onComplete: { task: "greet", payload: {} } } };
  assert.deepEqual(await refusal(member, launchBatch, wrong), ["INVALID_PAYLOAD", "/onComplete/name"]);
});

const createSchedule = `mutation ($schedule: ScheduleFields!) {
  createSchedule(input: { schedule: $schedule }) { schedule { id name expression timeZone nextAt enabled priority } }
}`;

test("a schedule is made, changed, run, looked at and removed through GraphQL", async () => {
  const { member } = world.north;
  const fields = { ...greet("x"), name: "morning", expression: "30 6 * * 1-5", timeZone: "Europe/Berlin" };
  const { schedule } = await ask<{ schedule: Record<string, unknown> }>(member, createSchedule, {
    schedule: fields,
  });
  assert.deepEqual([schedule.enabled, schedule.priority, schedule.timeZone], [true, 10, "Europe/Berlin"]);
  const { id } = schedule;
  const changed = await ask<{ schedule: Record<string, unknown> }>(
    member,
    "mutation ($id: UUID!) { updateSchedule(input: { id: $id, patch: { enabled: false } }) { schedule { enabled nextAt } } }",
    { id },
  );
  assert.deepEqual({ ...changed.schedule }, { enabled: false, nextAt: null });
  const run = await ask<{ job: { source: string } }>(
    member,
    "mutation ($id: UUID!) { runSchedule(input: { id: $id }) { job { source } } }",
    { id },
  );
  assert.equal(run.job.source, "schedule");
  const runs = await ask<{ nodes: { byHand: boolean }[] }>(
    member,
    "query ($id: UUID!) { scheduleRuns(condition: { scheduleId: $id }) { nodes { byHand } } }",
    { id },
  );
  assert.deepEqual(
    runs.nodes.map(({ byHand }) => byHand),
    [true],
  );
  const ticks = await ask<string[]>(
    member,
    `{ scheduleTicks(expression: "0 12 * * *", timeZone: "America/New_York", first: 3) }`,
  );
  assert.equal(ticks.length, 3);
  await ask(member, "mutation ($id: UUID!) { deleteSchedule(input: { id: $id }) { result } }", { id });
  const left = await ask<null>(member, "query ($id: UUID!) { schedule(id: $id) { id } }", { id });
  assert.equal(left, null);

  const never = { ...fields, name: "never", expression: "0 0 30 2 *" };
  assert.deepEqual(await refusal(member, createSchedule, { schedule: never }), [
    "INVALID_ARGUMENT",
    "/expression",
  ]);
  assert.deepEqual(await refusal(member, createSchedule, { schedule: { name: "bare" } }), [
    "INVALID_ARGUMENT",
    "/task",
  ]);
  assert.deepEqual(
    (await refusal(world.north.viewer, createSchedule, { schedule: fields }))[0],
    "NOT_ALLOWED",
  );
});

test("administrators pause and resume, and read what was done", async () => {
  const { owner, member } = world.south;
  const pause = `mutation { pauseJobs(input: { task: "greet", reason: "quiet" }) { pause { task reason userId } } }`;
  const paused = await ask<{ pause: { task: string } }>(owner, pause);
  assert.equal(paused.pause.task, "greet");
  assert.equal((await refusal(member, pause, {}))[0], "NOT_ALLOWED");
  assert.equal((await ask<{ totalCount: number }>(member, "{ pauses { totalCount } }")).totalCount, 1);
  await ask(owner, `mutation { resumeJobs(input: { task: "greet" }) { result } }`);
  const audit = "{ auditEntries(orderBy: [PRIMARY_KEY_DESC], first: 2) { nodes { action userId source } } }";
  const { nodes } = await ask<{ nodes: { action: string; userId: string; source: string }[] }>(owner, audit);
  assert.deepEqual(nodes, [
    { action: "delete pause", userId: owner.userId, source: "graphql" },
    { action: "insert pause", userId: owner.userId, source: "graphql" },
  ]);
  assert.deepEqual((await ask<{ nodes: unknown[] }>(member, audit)).nodes, []);
});
