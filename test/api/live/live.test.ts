import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { issueToken } from "../../../src/tenancy/index.ts";
import type { TestWorker } from "../../../src/testing/index.ts";
import { until } from "../../helpers/jobs.ts";
import { startTestWorker } from "../../helpers/worker.ts";
import { startWorld, type World } from "../support.ts";
import { watchBySocket, watchByStream } from "./support.ts";

type Job = { id: string; state: string; progressNote: string | null };
const ofJob = "subscription ($id: UUID!) { job(id: $id) { id state progressNote } }";
const ofChanges = "subscription { jobChanges { resync jobs { id state } } }";
type Changes = { jobChanges: { resync: boolean; jobs: { id: string; state: string }[] } };

let world: World;
let worker: TestWorker;
before(async () => {
  world = await startWorld();
  worker = await startTestWorker(world.db, { TASKS_DIR: join(import.meta.dirname, "../../client/tasks") });
});
after(async () => {
  await worker.stop();
  await world.stop();
});

async function launch(task: string, payload: unknown, options = {}): Promise<string> {
  const answer = await world.send("POST", "/api/jobs", {
    as: world.north.member,
    json: { task, payload, ...options },
  });
  assert.equal(answer.status, 201, answer.text);
  return (answer.body as { id: string }).id;
}

const later = { runAt: new Date(Date.now() + 3_600_000).toISOString() };

for (const [way, watch] of [
  ["WebSocket", watchBySocket],
  ["server-sent events", watchByStream],
] as const) {
  test(`a job is told as it is and after each change of it, by ${way}`, async () => {
    const until = `watched by ${way}`;
    const id = await launch("count", { steps: 1, until });
    const watched = watch<{ job: Job }>(world, world.north.viewer, ofJob, { id });
    await watched.seen(({ job }) => job.state === "running" && job.progressNote === "step 1");
    await world.asOwner("insert into app.notes (organization_id, title) values ($1, $2)", [
      world.north.id,
      `${until} 1`,
    ]);
    const { job } = await watched.seen((one) => one.job.state === "succeeded");
    assert.equal(job.id, id);
    watched.stop();
  });

  test(`another organization's job is not there, by ${way}`, async () => {
    const id = await launch("greet", { name: "canary" }, later);
    const watched = watch(world, world.south.owner, ofJob, { id });
    await until(
      async () => watched.over(),
      (over) => over,
    );
    assert.deepEqual(watched.data, []);
    assert.equal(watched.errors[0]?.extensions?.code, "NOT_FOUND");
    watched.stop();
  });
}

test("whatever happens to jobs is told from now on: launched, ended, cancelled", async () => {
  const watched = watchBySocket<Changes>(world, world.north.viewer, ofChanges);
  const other = watchBySocket<Changes>(world, world.south.viewer, ofChanges);
  await sleep(300);
  const ended = await launch("greet", { name: "live" });
  const cancelled = await launch("greet", { name: "live" }, later);
  await watched.seen(({ jobChanges }) =>
    jobChanges.jobs.some(({ id, state }) => id === ended && state === "succeeded"),
  );
  await world.send("POST", `/api/jobs/${cancelled}/cancel`, { as: world.north.member, json: {} });
  await watched.seen(({ jobChanges }) =>
    jobChanges.jobs.some(({ id, state }) => id === cancelled && state === "cancelled"),
  );
  assert.deepEqual(other.data, []);
  watched.stop();
  other.stop();
});

test("a member who is removed sees nothing more, within two seconds", async () => {
  const email = `removed-${Date.now()}@north.example`;
  const { data } = await world.graphql(
    world.north.owner,
    `mutation { addMember(input: { email: "${email}", role: "viewer" }) { result } }`,
  );
  const { result: userId } = (data as { addMember: { result: string } }).addMember;
  const token = await issueToken(world.settings, {
    userId,
    organizationId: world.north.id,
    expiresIn: "1h",
  });
  const watched = watchBySocket<Changes>(world, `Bearer ${token}`, ofChanges);
  await sleep(300);
  await launch("greet", { name: "seen" }, later);
  await watched.seen(({ jobChanges }) => jobChanges.jobs.length > 0 || jobChanges.resync);
  await world.graphql(
    world.north.owner,
    `mutation { removeMember(input: { userId: "${userId}" }) { result } }`,
  );
  const removedAt = performance.now();
  await until(
    async () => watched.closed(),
    (closed) => closed !== undefined,
  );
  assert.ok(performance.now() - removedAt < 2_000);
  assert.equal(watched.closed()?.code, 4403);
  const before = watched.data.length;
  await launch("greet", { name: "not seen" }, later);
  await sleep(700);
  assert.equal(watched.data.length, before);
  watched.stop();
});
