import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildSchema, parse, validate } from "postgraphile/graphql";
import { batchRings } from "../../src/client/batches.ts";
import {
  ApiError,
  ConnectionError,
  createClient,
  isClientError,
  JobCancelledError,
  JobFailedError,
} from "../../src/client/index.ts";
import { jobRings } from "../../src/client/job-handle.ts";
import { testRunRings } from "../../src/client/test-runs.ts";
import { repository } from "../tooling/temp-tree.ts";
import { errorOf, letStep, type Scene, startScene, typedClient } from "./support.ts";

let scene: Scene;
before(async () => {
  scene = await startScene();
});
after(() => scene.stop());

const never = { runAt: new Date(Date.now() + 3_600_000) };

test("a launch gives a handle whose result is that of the task", async () => {
  const job = await scene.client.jobs.launch("greet", { name: "Ada" }, { priority: -5 });
  const { greeting } = await job.result({ timeoutMs: 20_000 });
  assert.equal(greeting, "Hello Ada");
  const read = await scene.client.jobs.get(job.id);
  assert.deepEqual([read.state, read.priority, read.source], ["succeeded", -5, "rest"]);
});

test("a payload that does not fit is refused with the place of each fault", async () => {
  const error = await errorOf(scene.client.jobs.launch("greet", { name: "" }));
  assert.ok(error instanceof ApiError);
  assert.deepEqual([error.code, error.status, error.issues[0]?.path], ["INVALID_PAYLOAD", 422, "/name"]);
  const untyped = createClient({ url: scene.world.api.url, apiKey: scene.world.north.member.token });
  const unknown = await errorOf(untyped.jobs.launch("nobody's", { any: "thing" }));
  assert.ok(isClientError(unknown) && unknown.code === "UNKNOWN_TASK");
});

test("many jobs of a task are launched at once, each with its result", async () => {
  const jobs = await scene.client.jobs.launchMany("greet", [{ name: "a" }, { name: "b" }, { name: "c" }]);
  const results = await Promise.all(jobs.map((job) => job.result({ timeoutMs: 20_000 })));
  assert.deepEqual(
    results.map(({ greeting }) => greeting),
    ["Hello a", "Hello b", "Hello c"],
  );
  assert.deepEqual(await scene.client.jobs.launchMany("greet", []), []);
});

test("a failed job and a cancelled one reject with what became of them", async () => {
  const failed = await errorOf((await scene.client.jobs.launch("refuse", {})).result({ timeoutMs: 20_000 }));
  assert.ok(failed instanceof JobFailedError);
  assert.match(failed.reason.message, /nothing to do/);
  assert.equal(failed.job.state, "failed");

  const job = await scene.client.jobs.launch("greet", { name: "late" }, never);
  const waiting = errorOf(job.result());
  await job.cancel({ reason: "not needed" });
  const cancelled = await waiting;
  assert.ok(cancelled instanceof JobCancelledError);
  assert.match(cancelled.message, /not needed/);
  assert.equal((await scene.client.jobs.retry(job.id)).finishedAt, null);
});

test("waiting ends after its time or by its signal, and the job goes on", async () => {
  const job = await scene.client.jobs.launch("greet", { name: "later" }, never);
  const late = await errorOf(job.result({ timeoutMs: 100 }));
  assert.ok(late instanceof ConnectionError && late.code === "TIMEOUT");
  const controller = new AbortController();
  const aborted = errorOf(job.result({ signal: controller.signal }));
  controller.abort();
  assert.equal(((await aborted) as ConnectionError).code, "ABORTED");
  const early = await errorOf(scene.client.jobs.get(job.id, { signal: AbortSignal.abort() }));
  assert.equal((early as ConnectionError).code, "ABORTED");
  assert.equal((await job.get()).state, "scheduled");
});

test("a job that is watched shows each step of its progress, to its end", async () => {
  const job = await scene.client.jobs.launch("count", { steps: 3, until: "watched" });
  const notes: (string | null | undefined)[] = [];
  const began = performance.now();
  let last: { state: string; result: { counted: number } | null } | undefined;
  // By its stream: who hears nothing of a change looks again after 30 seconds.
  for await (const update of job.watch({ signal: AbortSignal.timeout(25_000) })) {
    last = update;
    const note = update.progress?.note;
    if (note === undefined || note === null || note === notes.at(-1)) continue;
    notes.push(note);
    await letStep(scene.world, note.replace("step", "watched"));
  }
  assert.deepEqual(notes, ["step 1", "step 2", "step 3"]);
  assert.deepEqual([last?.state, last?.result], ["succeeded", { counted: 3 }]);
  assert.ok(performance.now() - began < 10_000, "it saw steps late");
});

test("while nothing happens a watched job is not asked for: a stream tells of changes", async () => {
  const job = await scene.client.jobs.launch("greet", { name: "quiet" }, never);
  const reads = () =>
    scene.world.logged().filter(({ method, path }) => method === "GET" && path === `/api/jobs/${job.id}`)
      .length;
  const controller = new AbortController();
  const watching = (async () => {
    for await (const _ of job.watch({ signal: controller.signal })) void _;
  })().catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = reads();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  assert.ok(before >= 1, "it was not read at all");
  assert.equal(reads(), before);
  controller.abort();
  await watching;
});

test("what it listens to is in the schema", () => {
  const schema = buildSchema(readFileSync(join(repository, "schema.graphql"), "utf8"));
  for (const text of [jobRings, batchRings, testRunRings])
    assert.deepEqual(validate(schema, parse(text)), []);
});

test("it says who it speaks as", async () => {
  const { role, organizationId } = await scene.client.viewer();
  assert.deepEqual([role, organizationId], ["member", scene.world.north.id]);
});

test("a list is gone through job by job, or read by the page", async () => {
  const key = (n: number) => `listed-${n}`;
  const jobs = await scene.client.jobs.launchMany("greet", Array(5).fill({ name: "listed" }), {
    keys: [1, 2, 3, 4, 5].map(key),
    ...never,
  });
  const list = scene.client.jobs.list({ state: "scheduled", task: "greet", first: 2 });
  const keys: (string | null)[] = [];
  for await (const job of list) keys.push(job.key);
  assert.deepEqual(keys.slice(0, 5), [5, 4, 3, 2, 1].map(key));
  const { items, next } = await list.page();
  assert.deepEqual(
    items.map(({ id }) => id),
    jobs
      .slice(3)
      .map(({ id }) => id)
      .reverse(),
  );
  assert.equal(next, jobs[3]?.id);

  const match = { task: "greet", ids: jobs.map(({ id }) => id) };
  const atMost = await scene.client.jobs.count(match);
  assert.equal(atMost, 5);
  const tooFew = await errorOf(scene.client.jobs.cancelMany(match, { atMost: 4 }));
  assert.equal((tooFew as ApiError).code, "CONFLICT");
  assert.deepEqual(await scene.client.jobs.cancelMany(match, { atMost }), { jobs: 5, asked: 0 });
  assert.equal((await scene.client.jobs.retryMany(match, { atMost })).jobs, 5);
});

test("a batch is launched and watched to its end", async () => {
  const { batch, jobIds } = await scene.client.batches.launch({
    name: "two",
    jobs: [
      { task: "greet", payload: { name: "a" } },
      { task: "count", payload: { steps: 1, until: "batch" } },
    ],
  });
  assert.equal(batch.progress.jobs, 2);
  await letStep(scene.world, "batch 1");
  let done = 0;
  for await (const { progress } of scene.client.batches.watch(batch.id)) {
    assert.ok(progress.succeeded >= done);
    done = progress.succeeded;
  }
  assert.equal(done, 2);
  assert.equal((await scene.client.batches.get(batch.id)).progress.succeeded, 2);
  const typed = scene.client.jobs.handle(jobIds[0] ?? "", "greet");
  assert.equal((await typed.result()).greeting, "Hello a");
  assert.ok((await scene.client.batches.list().page()).items.some(({ id }) => id === batch.id));
});

test("schedules are made, changed, run and removed", async () => {
  const { schedules } = scene.client;
  const made = await schedules.create({
    name: "daily",
    task: "greet",
    payload: { name: "morning" },
    expression: "0 7 * * *",
    timeZone: "Europe/Berlin",
  });
  assert.equal((await schedules.update(made.id, { enabled: false })).nextAt, null);
  const job = await schedules.runNow(made.id);
  assert.equal(job.task, "greet");
  assert.equal((await schedules.ticks({ expression: "@hourly", first: 3 })).length, 3);
  assert.equal((await schedules.get(made.id)).lastJobId, null);
  for await (const { id } of schedules.list()) assert.equal(id, made.id);
  assert.equal(await schedules.remove(made.id), undefined);
  assert.equal(((await errorOf(schedules.get(made.id))) as ApiError).code, "NOT_FOUND");
});

test("a token that is a function is asked before each request", async () => {
  let asked = 0;
  const { token } = scene.world.north.member;
  const url = `${scene.world.api.url}/`;
  const client = typedClient({ url, token: async () => (++asked === 1 ? token : "spoilt") });
  const job = await client.jobs.launch("greet", { name: "token" });
  assert.equal(((await errorOf(client.jobs.get(job.id))) as ApiError).code, "UNAUTHENTICATED");
});
