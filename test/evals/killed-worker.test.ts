import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../src/sdk/index.ts";
import { withClient } from "../helpers/database.ts";
import { inherited } from "../helpers/inherited.ts";
import { deliver, redeliver, until } from "../helpers/jobs.ts";
import { serveBot } from "./bot.ts";
import { type EvalsWorld, execute, getRun, jobsOf, plan, results, startEvals } from "./support.ts";

/** Number of the advisory lock behind which every end waits, so that the test decides when one is stored. */
const gate = 4711;
const waitAtGate = `
  create function evals.wait_at_gate() returns trigger language plpgsql as $$
  begin perform pg_advisory_xact_lock(${gate}); return new; end $$;
  create trigger wait_at_gate before update on evals.test_results for each row
  when (new.state in ('passed', 'failed')) execute function evals.wait_at_gate()`;

function startWorkerProcess(world: EvalsWorld): ChildProcess {
  return spawn(process.execPath, [join(packageRoot, "bin", "rowlock.js"), "worker"], {
    env: {
      ...inherited,
      NODE_ENV: "test",
      LOG_LEVEL: "error",
      TASK_DATABASE_URL: world.db.urls.task,
      BROKER_DATABASE_URL: world.db.urls.broker,
      ALLOW_INTERNAL_ADDRESSES: "127.0.0.0/8",
      TASKS_DIR: "/nonexistent",
      WORKER_SHUTDOWN_GRACE_MS: "200",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

for (const [what, signal] of [
  ["killed", "SIGKILL"],
  ["stopped", "SIGTERM"],
] as const) {
  test(`a worker ${what} while it stores an output and its verdict: neither is there, the next attempt asks and stores once`, () =>
    endWhileStoring(signal));
}

async function endWhileStoring(signal: NodeJS.Signals): Promise<void> {
  const world = await startEvals();
  await using bot = await serveBot();
  let child: ChildProcess | undefined;
  try {
    const given = await plan(world, world.north.member, {
      url: bot.url,
      tests: [{ input: "x", expected: "x" }],
    });
    await world.db.pool("admin").query(waitAtGate);
    const run = await execute(world, world.north.member, given);
    const [{ id } = { id: "" }] = await jobsOf(world, run.id);
    await withClient(world.db.urls.admin, async (holder) => {
      await holder.query("select pg_advisory_lock($1)", [gate]);
      child = startWorkerProcess(world);
      const blocked = () =>
        holder.query<{ pid: number }>(
          "select pid from pg_locks where locktype = 'advisory' and objid = $1 and not granted",
          [gate],
        );
      const { rows } = await until(blocked, (found) => found.rows.length === 1);
      const [stored] = await results(world, run.id);
      assert.deepEqual([stored?.state, stored?.output, stored?.verdicts], ["running", null, []]);
      const exit = once(child, "exit");
      child.kill(signal);
      if (signal === "SIGKILL") await exit;
      // A dead worker's statement would wait on; the server notices the loss only when it answers.
      await holder.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
      await exit;
      await until(blocked, (found) => found.rows.length === 0);
    });
    const [left] = await results(world, run.id);
    assert.deepEqual([left?.state, left?.output, left?.verdicts], ["running", null, []]);
    assert.equal((await getRun(world, world.north.member, run.id)).state, "running");

    await redeliver(world.db, id, "evals/run-test");
    assert.equal((await deliver(world.db, id, world.runTest)).kind, "succeeded");
    const [judged] = await results(world, run.id);
    assert.deepEqual([judged?.state, judged?.output, judged?.verdicts.length], ["passed", "x", 1]);
    const { rows: counted } = await world.db
      .pool("admin")
      .query<{ attempts: number }>("select attempts from evals.test_results");
    // Counted before it is made.
    assert.ok((counted[0]?.attempts ?? 0) >= bot.asked.length);
    // One that was told to stop may have begun anew when its connection was cut, and was stopped in that.
    assert.ok(
      bot.asked.length === 2 || (signal === "SIGTERM" && bot.asked.length === 3),
      `${bot.asked.length}`,
    );
  } finally {
    child?.kill("SIGKILL");
    await world.stop();
  }
}
