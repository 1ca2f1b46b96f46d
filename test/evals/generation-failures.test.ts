import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { RetryLater } from "../../src/jobs/index.ts";
import { packageRoot } from "../../src/sdk/index.ts";
import { withClient } from "../helpers/database.ts";
import { inherited } from "../helpers/inherited.ts";
import { redeliver, until } from "../helpers/jobs.ts";
import { type FakeModels, serveModels } from "./fake-models/index.ts";
import {
  counting,
  draftsOf,
  finish,
  type GenerationWorld,
  generate,
  paid,
  setGenerator,
  startGeneration,
} from "./generation-support.ts";

let world: GenerationWorld;
let fake: FakeModels;
before(async () => {
  world = await startGeneration();
  fake = await serveModels();
  await setGenerator(world, world.north.member, fake);
});
beforeEach(() => {
  Object.assign(fake, { answer: counting(), faults: [] });
  fake.log.length = 0;
});
after(async () => {
  await fake.close();
  await world.stop();
});

const launch = (count: number) => generate(world, world.north.member, { count });
const distinct = (values: readonly unknown[]) => new Set(values).size;
const stepsOf = async (jobId: string) =>
  (
    await world.asOwner<{ name: string }>(
      "select name from rowlock.job_steps where job_id = $1 order by at",
      [jobId],
    )
  ).map(({ name }) => name);

test("a model that is busy or breaks is asked again, when it says so; what is stored is not asked for again", async () => {
  fake.faults = [null, { status: 429, headers: { "retry-after": "7" } }, { status: 500 }, "cut"];
  const { jobId, testSetId } = await launch(60);
  const { outcomes, job } = await finish(world, jobId);
  assert.deepEqual([job.state, job.attempt], ["succeeded", 1]);
  const waits = outcomes.map(
    (outcome) => outcome.kind === "snoozed" && (outcome.error as RetryLater).delayMs,
  );
  assert.equal(waits[0], 7_000);
  assert.ok(Number(waits[1]) >= 2_000 && Number(waits[2]) >= 4_000, String(waits));
  assert.equal(fake.log.length, 3 + 3);
  assert.equal(distinct(fake.log.slice(1, 5).map(({ idempotencyKey }) => idempotencyKey)), 1);
  const drafts = await draftsOf(world, testSetId);
  assert.deepEqual([drafts.length, distinct(drafts.map(({ input }) => input))], [60, 60]);
  assert.equal((await paid(world, jobId)).length, 3);
  assert.deepEqual(await stepsOf(jobId), [
    "tests 1",
    "tests 2, put off 1",
    "tests 2, put off 2",
    "tests 2, put off 3",
    "tests 2",
    "tests 3",
  ]);
});

test("a model that stays away ends the generation after six calls; what was written stays, and a retry goes on from there", async () => {
  fake.faults = [null, ...Array.from({ length: 6 }, () => ({ status: 503 }))];
  const { jobId, testSetId } = await launch(40);
  const { job } = await finish(world, jobId);
  assert.deepEqual([job.state, job.errorCode], ["failed", "MODEL_FAILED"]);
  assert.match(job.errorMessage ?? "", /answered with status 503\. It was asked 6 times in a row\./);
  assert.equal((await draftsOf(world, testSetId)).length, 20);

  const { status, text } = await world.send("POST", `/api/jobs/${jobId}/retry`, { as: world.north.member });
  assert.ok(status < 300, text);
  assert.equal((await finish(world, jobId)).job.state, "succeeded");
  assert.equal((await draftsOf(world, testSetId)).length, 40);
  assert.equal(fake.log.length, 1 + 6 + 1);
});

test("a refused key ends it at once", async () => {
  fake.faults = [{ status: 401 }];
  const { jobId } = await launch(5);
  const { job } = await finish(world, jobId);
  assert.deepEqual([job.state, job.errorCode, fake.log.length], ["failed", "MODEL_REFUSED", 1]);
});

test("an answer that does not fit is sent back once; both calls stand in the ledger", async () => {
  const write = counting();
  let calls = 0;
  fake.answer = (asked) => {
    calls += 1;
    return calls === 1 ? '{"tests": [{"input": 5}]}' : write(asked);
  };
  const { jobId, testSetId } = await launch(5);
  assert.equal((await finish(world, jobId)).job.state, "succeeded");
  assert.equal((await draftsOf(world, testSetId)).length, 5);
  assert.match(fake.log[1]?.turns.at(-1) ?? "", /^That cannot be used: \/tests\/0\/input/);
  assert.equal((await paid(world, jobId)).length, 2);
});

test("a model whose answers are of no use twice in a row ends it with what is wrong; one such answer does not", async () => {
  const write = counting();
  let calls = 0;
  fake.answer = (asked) => {
    calls += 1;
    return calls === 1 || calls === 4 || calls === 5 ? write(asked) : "I would rather not.";
  };
  const { jobId, testSetId } = await launch(80);
  const { job } = await finish(world, jobId);
  assert.deepEqual([job.state, job.errorCode], ["failed", "MODEL_FAILED"]);
  assert.match(job.errorMessage ?? "", /it is not JSON.*There are 60 of 80 tests\./);
  // One, two of no use, two more, and twice two of no use.
  assert.equal(calls, 1 + 2 + 2 + 4);
  assert.equal((await draftsOf(world, testSetId)).length, 60);
  assert.equal((await paid(world, jobId)).length, calls);
});

test("a set that is deleted meanwhile ends it", async () => {
  const write = counting();
  fake.answer = async (asked) => {
    await world.asOwner("delete from evals.test_sets where id = $1", [testSetId]);
    return write(asked);
  };
  const { jobId, testSetId } = await launch(40);
  const { job } = await finish(world, jobId);
  assert.deepEqual([job.state, job.errorCode, fake.log.length], ["failed", "NOT_FOUND", 1]);
});

function startWorkerProcess(): ChildProcess {
  return spawn(process.execPath, [join(packageRoot, "bin", "rowlock.js"), "worker"], {
    env: {
      ...inherited,
      NODE_ENV: "test",
      LOG_LEVEL: "error",
      TASK_DATABASE_URL: world.db.urls.task,
      BROKER_DATABASE_URL: world.db.urls.broker,
      ALLOW_INTERNAL_ADDRESSES: "127.0.0.0/8",
      TASKS_DIR: "/nonexistent",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

test("a worker killed while a call is under way: the next one asks that again, with the same key, and nothing before it", async () => {
  const write = counting();
  let reached = () => {};
  const third = new Promise<void>((resolve) => (reached = resolve));
  let calls = 0;
  fake.answer = (asked) => {
    calls += 1;
    if (calls !== 3) return write(asked);
    reached();
    return new Promise<string>(() => {});
  };
  const { jobId, testSetId } = await launch(100);
  const child = startWorkerProcess();
  try {
    await third;
    await kill(child);
  } finally {
    child.kill("SIGKILL");
  }
  assert.equal((await draftsOf(world, testSetId)).length, 40);
  await redeliver(world.db, jobId, "evals/generate-tests");
  assert.equal((await finish(world, jobId)).job.state, "succeeded");

  const keys = fake.log.map(({ idempotencyKey }) => idempotencyKey?.replace(`${jobId}/`, ""));
  assert.deepEqual(keys, ["tests 1", "tests 2", "tests 3", "tests 3", "tests 4", "tests 5"]);
  const drafts = await draftsOf(world, testSetId);
  assert.deepEqual([drafts.length, distinct(drafts.map(({ input }) => input))], [100, 100]);
  assert.equal((await paid(world, jobId)).length, 5);
});

/** Number of the advisory lock behind which a step is noted. */
const gate = 4712;
const waitAtGate = `
  create function evals.wait_at_step() returns trigger language plpgsql as $$
  begin perform pg_advisory_xact_lock(${gate}); return new; end $$;
  create trigger wait_at_step before insert on rowlock.job_steps for each row
  when (new.name = 'tests 2') execute function evals.wait_at_step()`;
const openGate = "drop trigger wait_at_step on rowlock.job_steps; drop function evals.wait_at_step()";

test("a worker killed between its drafts and its step: they are there once, and nobody is asked again", async () => {
  await world.db.pool("admin").query(waitAtGate);
  const { jobId, testSetId } = await launch(60);
  let child: ChildProcess | undefined;
  try {
    await withClient(world.db.urls.admin, async (holder) => {
      await holder.query("select pg_advisory_lock($1)", [gate]);
      child = startWorkerProcess();
      const blocked = () =>
        holder.query<{ pid: number }>(
          "select pid from pg_locks where locktype = 'advisory' and objid = $1 and not granted",
          [gate],
        );
      const { rows } = await until(blocked, (found) => found.rows.length === 1);
      await kill(child);
      // A dead worker's statement would wait on; the server notices the loss only when it answers.
      await holder.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
      await until(blocked, (found) => found.rows.length === 0);
    });
  } finally {
    child?.kill("SIGKILL");
    await world.db.pool("admin").query(openGate);
  }
  assert.deepEqual(await stepsOf(jobId), ["tests 1"]);
  assert.equal((await draftsOf(world, testSetId)).length, 40);
  await redeliver(world.db, jobId, "evals/generate-tests");
  const { job } = await finish(world, jobId);
  assert.deepEqual(job.result, { drafts: 60, duplicates: 0, stopped: null });
  assert.equal(fake.log.length, 3);
  assert.equal((await draftsOf(world, testSetId)).length, 60);
  assert.equal((await paid(world, jobId)).length, 3);
});
