import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createLogger } from "../../src/log.ts";
import { readSettings } from "../../src/sdk/index.ts";
import { type RunningWorker, startWorker } from "../../src/worker/index.ts";
import { until } from "../helpers/jobs.ts";
import { type Answering, reply, serveBot } from "./bot.ts";
import { type EvalsWorld, execute, getRun, plan, type Run, startEvals } from "./support.ts";

let world: EvalsWorld;
let worker: RunningWorker;
before(async () => {
  world = await startEvals();
  const settings = readSettings({
    NODE_ENV: "test",
    TASK_DATABASE_URL: world.db.urls.task,
    BROKER_DATABASE_URL: world.db.urls.broker,
    TASKS_DIR: "/nonexistent",
    WORKER_CONCURRENCY: "4",
  });
  worker = await startWorker(settings, createLogger({ level: "error", format: "text" }));
});
after(async () => {
  await worker.stop();
  await world.stop();
});

/** A run's summary beside what its rows say, read in one statement. */
async function compare(
  id: string,
): Promise<{ state: string; summary: unknown; rows: unknown; total: number }> {
  const [row] = await world.asOwner<{ state: string; summary: unknown; rows: unknown; total: number }>(
    `select (s).state, t.total,
       jsonb_build_object('queued', (s).queued, 'running', (s).running, 'passed', (s).passed, 'failed', (s).failed,
         'errored', (s).errored, 'cancelled', (s).cancelled) as summary,
       (select jsonb_build_object('queued', 0, 'running', 0, 'passed', 0, 'failed', 0, 'errored', 0, 'cancelled', 0)
          || jsonb_object_agg(state, n)
        from (select state, count(*) as n from evals.test_results where test_run_id = t.id group by state) c) as rows
     from evals.test_runs t cross join lateral (select evals.test_runs_summary(t) as s) x where t.id = $1`,
    [id],
  );
  assert(row !== undefined);
  return row;
}

const sum = ({ queued, running, passed, failed, errored, cancelled }: Run) =>
  queued + running + passed + failed + errored + cancelled;

async function start(answer: Answering, inputs: string[]) {
  const bot = await serveBot(answer);
  const tests = inputs.map((input) => ({ input, expected: "yes" }));
  const run = await execute(
    world,
    world.north.member,
    await plan(world, world.north.member, { url: bot.url, tests }),
  );
  return { bot, run };
}

test("a run goes from queued through running to completed, its counts those of its rows at every look", async () => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const inputs = Array.from({ length: 24 }, (_, n) => `${n % 3 === 0 ? "no" : "yes"} ${n}`);
  const { bot, run } = await start(async (input, response) => {
    await gate;
    reply(response, { output: input.split(" ")[0] });
  }, inputs);
  try {
    assert.equal(run.state, "queued");
    const seen = new Set<string>(["queued"]);
    const look = async () => {
      const { state, summary, rows, total } = await compare(run.id);
      assert.deepEqual(summary, rows);
      const shown = await getRun(world, world.north.viewer, run.id);
      assert.equal(sum(shown), total);
      seen.add(state).add(shown.state);
      return shown;
    };
    await until(look, ({ running }) => running === 4);
    release();
    const ended = await until(look, ({ state }) => state === "completed");
    assert.deepEqual([...seen], ["queued", "running", "completed"]);
    assert.deepEqual([ended.passed, ended.failed, ended.total], [16, 8, 24]);
    assert(Math.abs((ended.passRate ?? 0) - 16 / 24) < 1e-6);
    assert((ended.startedAt ?? "") < (ended.finishedAt ?? ""));
    assert.equal(bot.asked.length, 24);
  } finally {
    release();
    await bot.close();
  }
});

test("some errored: partial; all errored: failed; a verdict of no is neither", async () => {
  const answer: Answering = (input, response) =>
    reply(response, { output: input }, input.startsWith("broken") ? 404 : 200);
  const runs = [
    { inputs: ["yes", "no", "broken 1"], state: "partial", errored: 1 },
    { inputs: ["broken 1", "broken 2"], state: "failed", errored: 2 },
    { inputs: ["no", "never"], state: "completed", errored: 0 },
  ];
  for (const { inputs, state, errored } of runs) {
    const { bot, run } = await start(answer, inputs);
    const ended = await until(
      () => getRun(world, world.north.member, run.id),
      ({ finishedAt }) => finishedAt !== null,
    );
    assert.deepEqual([ended.state, ended.errored, sum(ended)], [state, errored, inputs.length]);
    await bot.close();
  }
});

test("a run that waits for its first answer shows no pass rate and no end", async () => {
  const { bot, run } = await start(() => undefined, ["yes"]);
  const running = await until(
    () => getRun(world, world.north.member, run.id),
    ({ state }) => state === "running",
  );
  assert.deepEqual([running.passRate, running.finishedAt], [null, null]);
  assert.notEqual(running.startedAt, null);
  await bot.close();
});
