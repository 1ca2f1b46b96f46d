import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createPool } from "../../src/db/index.ts";
import { createLogger } from "../../src/log.ts";
import { forgetExpired } from "../../src/worker/retention.ts";
import { type Answer, codeOf, startWorld, type World } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

const post = (path: string, key: string, json: unknown, as = world.north.member): Promise<Answer> =>
  world.send("POST", path, { as, json, headers: { "idempotency-key": key } });

async function jobsNamed(name: string): Promise<number> {
  const [row] = await world.asOwner<{ n: number }>(
    "select count(*)::int as n from rowlock.job where payload ->> 'name' = $1",
    [name],
  );
  return row?.n ?? -1;
}

const idOf = ({ body }: Answer) => (body as { id: string }).id;
const greet = (name: string) => ({ task: "greet", payload: { name } });

test("a launch that is sent again launches nothing, and is answered with its job, even when that has ended", async () => {
  const first = await post("/api/jobs", "once", greet("once"));
  assert.equal(first.status, 201);
  assert.equal(first.headers.get("idempotency-replayed"), null);
  await world.send("POST", `/api/jobs/${idOf(first)}/cancel`, { as: world.north.member });
  const again = await post("/api/jobs", "once", { payload: { name: "once" }, task: "greet" });
  assert.equal(again.status, 201);
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.equal(idOf(again), idOf(first));
  assert.equal((again.body as { state: string }).state, "cancelled");
  assert.equal(await jobsNamed("once"), 1);
});

test("another request with the key is refused, and another organization has keys of its own", async () => {
  const first = await post("/api/jobs", "taken", greet("taken"));
  const other = await post("/api/jobs", "taken", greet("taken differently"));
  assert.deepEqual([other.status, codeOf(other)], [409, "CONFLICT"]);
  const bulk = await post("/api/jobs/bulk", "taken", { task: "greet", payloads: [{ name: "taken" }] });
  assert.equal(codeOf(bulk), "CONFLICT");
  const south = await post("/api/jobs", "taken", greet("taken"), world.south.member);
  assert.equal(south.status, 201);
  assert.notEqual(idOf(south), idOf(first));
});

test("of two at the same moment one launches", async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => post("/api/jobs", "race", greet("race"))),
  );
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
  assert.equal(new Set(answers.map(idOf)).size, 1);
  assert.equal(await jobsNamed("race"), 1);
});

test("many jobs and batches are launched once too", async () => {
  const payloads = [{ name: "bulk" }, { name: "bulk" }];
  const bulk = await post("/api/jobs/bulk", "bulk", { task: "greet", payloads });
  const bulkAgain = await post("/api/jobs/bulk", "bulk", { task: "greet", payloads });
  assert.deepEqual(bulkAgain.body, bulk.body);
  assert.equal(await jobsNamed("bulk"), 2);

  const jobs = [greet("batch"), { ...greet("batch"), key: "one" }];
  const batch = await post("/api/batches", "batch", { name: "b", jobs });
  const batchAgain = await post("/api/batches", "batch", { name: "b", jobs });
  assert.equal(batch.status, 201);
  assert.deepEqual(batchAgain.body, batch.body);
  assert.equal(await jobsNamed("batch"), 2);
});

test("what was refused leaves no trace: the key may be used for what is mended", async () => {
  const wrong = await post("/api/jobs", "mended", { task: "greet", payload: {} });
  assert.equal(codeOf(wrong), "INVALID_PAYLOAD");
  assert.equal((await post("/api/jobs", "mended", greet("mended"))).status, 201);
  assert.equal(codeOf(await post("/api/jobs", "x".repeat(201), greet("long"))), "INVALID_ARGUMENT");
  assert.equal(codeOf(await post("/api/jobs", "once", greet("once"), world.north.viewer)), "NOT_ALLOWED");
});

test("launchJob of GraphQL takes the same keys", async () => {
  const mutation = "mutation ($input: LaunchJobInput!) { launchJob(input: $input) { job { id } } }";
  const launch = (name: string) =>
    world.graphql(world.north.member, mutation, { input: { ...greet(name), idempotencyKey: "graphql" } });
  const first = await launch("by graphql");
  assert.deepEqual(first.errors, []);
  assert.deepEqual((await launch("by graphql")).data, first.data);
  assert.equal((await launch("by graphql, but other")).errors[0]?.extensions?.code, "CONFLICT");
  const rest = await post("/api/jobs", "graphql", greet("by graphql"));
  assert.deepEqual(first.data, { launchJob: { job: { id: idOf(rest) } } });
  assert.equal(await jobsNamed("by graphql"), 1);
});

test("keys are kept for a day, and then forgotten by the worker's keeper", async () => {
  await post("/api/jobs", "old", greet("old"));
  await post("/api/jobs", "young", greet("young"));
  const age = (key: string, interval: string) =>
    world.asOwner("update rowlock.launch_requests set at = now() - $2::interval where key = $1", [
      key,
      interval,
    ]);
  await age("old", "24 hours 1 minute");
  await age("young", "23 hours 59 minutes");
  const logger = createLogger({ level: "error", format: "json" });
  const pool = createPool({ url: world.db.urls.task, max: 1, name: "keeper", logger });
  try {
    await forgetExpired({ pool, longestDays: undefined, logger }, new AbortController().signal);
  } finally {
    await pool.end();
  }
  const left = await world.asOwner<{ key: string }>(
    "select key from rowlock.launch_requests where key in ('old', 'young')",
  );
  assert.deepEqual(left, [{ key: "young" }]);
  assert.equal((await post("/api/jobs", "old", greet("old"))).headers.get("idempotency-replayed"), null);
  assert.equal(await jobsNamed("old"), 2);
});
