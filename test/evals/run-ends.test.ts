import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { runTest } from "../../src/evals/index.ts";
import { defineTask } from "../../src/jobs/index.ts";
import { issueToken } from "../../src/tenancy/index.ts";
import { deliver, jobRow, register } from "../helpers/jobs.ts";
import { addMember, removeMember, suspend } from "../helpers/organization.ts";
import { serveBot } from "./bot.ts";
import { type EvalsWorld, execute, getRun, jobsOf, plan, results, startEvals } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

/** Whether a job's end and the close of its result are of one transaction. */
async function endedTogether(jobId: string): Promise<boolean | undefined> {
  const [row] = await world.asOwner<{ same: boolean }>(
    `select e.xmin = r.xmin as same from rowlock.job_end e
     join evals.test_results r on r.job_id = e.id where e.id = $1`,
    [jobId],
  );
  return row?.same;
}

/** As the shipped task, but given up after a moment. */
const impatient = defineTask({
  name: "evals/run-test",
  kind: "long",
  input: z.object({ id: z.uuid() }),
  launchRole: "system",
  maxAttempts: 1,
  timeoutMs: 150,
  run: ({ id }, context) => runTest(context, id, ["127.0.0.0/8"]),
});

test("a job over its time limit takes its result along, in one transaction", async () => {
  await register(world.db, impatient);
  await using bot = await serveBot(() => undefined);
  const given = await plan(world, world.north.member, { url: bot.url, tests: [{ input: "x" }] });
  const run = await execute(world, world.north.member, given);
  await register(world.db, world.runTest);
  const [{ id } = { id: "" }] = await jobsOf(world, run.id);
  assert.equal((await deliver(world.db, id, impatient)).kind, "failed");
  const [result] = await results(world, run.id);
  assert.deepEqual([result?.state, result?.code], ["errored", "JOB_TIMEOUT"]);
  assert.match(result?.message ?? "", /longer than 150 ms/);
  assert.equal(await endedTogether(id), true);
  const { state, errored, finishedAt } = await getRun(world, world.north.member, run.id);
  assert.deepEqual([state, errored, finishedAt !== null], ["failed", 1, true]);
});

test("a run whose metric was written past the door, by SQL, is an error at once and asks nobody", async () => {
  await using bot = await serveBot();
  const given = await plan(world, world.north.member, {
    url: bot.url,
    tests: [{ input: "x", expected: "x" }],
  });
  const run = await execute(world, world.north.member, given);
  const metrics = JSON.stringify([{ name: "m", kind: "vibes" }]);
  await world.asOwner("update evals.test_runs set metrics = $2 where id = $1", [run.id, metrics]);
  const [{ id } = { id: "" }] = await jobsOf(world, run.id);
  assert.equal((await deliver(world.db, id, world.runTest)).kind, "failed");
  const [result] = await results(world, run.id);
  assert.deepEqual([result?.state, result?.code, bot.asked], ["errored", "INVALID_ARGUMENT", []]);
  assert.equal(await endedTogether(id), true);
});

test("a run of someone who left is cancelled, result by result, in one transaction each", async () => {
  await using bot = await serveBot();
  const userId = await addMember(world.db, world.north.id, "member");
  const who = { organizationId: world.north.id, userId };
  const leaver = { ...who, token: await issueToken(world.settings, { ...who, expiresIn: "1h" }) };
  const given = await plan(world, leaver, {
    url: bot.url,
    tests: [
      { input: "x", expected: "x" },
      { input: "y", expected: "y" },
    ],
  });
  const run = await execute(world, leaver, given);
  const [first, second] = await jobsOf(world, run.id);
  assert.equal((await deliver(world.db, first?.id ?? "", world.runTest)).kind, "succeeded");
  await removeMember(world.db, who);
  assert.equal((await deliver(world.db, second?.id ?? "", world.runTest)).kind, "cancelled");
  assert.deepEqual(
    (await results(world, run.id)).map(({ state, code }) => [state, code]),
    [
      ["passed", null],
      ["cancelled", "NOT_A_MEMBER"],
    ],
  );
  assert.equal(await endedTogether(second?.id ?? ""), true);
  assert.deepEqual(bot.asked, ["x"]);
  const { state, passed, cancelled, passRate } = await getRun(world, world.north.member, run.id);
  assert.deepEqual([state, passed, cancelled, passRate], ["cancelled", 1, 1, 1]);
});

test("someone who leaves while the endpoint thinks gets no verdict, and the run does not hang", async () => {
  const userId = await addMember(world.db, world.north.id, "member");
  const who = { organizationId: world.north.id, userId };
  const leaver = { ...who, token: await issueToken(world.settings, { ...who, expiresIn: "1h" }) };
  await using bot = await serveBot(async (input, response) => {
    await removeMember(world.db, who);
    response.end(JSON.stringify({ output: input }));
  });
  const given = await plan(world, leaver, { url: bot.url, tests: [{ input: "x", expected: "x" }] });
  const run = await execute(world, leaver, given);
  const [{ id } = { id: "" }] = await jobsOf(world, run.id);
  for (let attempt = 1; attempt <= 4 && (await jobsOf(world, run.id))[0]?.state !== null; attempt += 1) {
    await world.asOwner("update rowlock.live set state = 'waiting', run_at = now() where id = $1", [id]);
    await deliver(world.db, id, world.runTest);
  }
  const [result] = await results(world, run.id);
  assert.deepEqual([result?.state, result?.code, result?.verdicts], ["cancelled", "NOT_A_MEMBER", []]);
  assert.equal(bot.asked.length, 1);
});

test("a suspended organization's run is cancelled", async () => {
  await using bot = await serveBot();
  const given = await plan(world, world.south.member, { url: bot.url, tests: [{ input: "x" }] });
  const run = await execute(world, world.south.member, given);
  await suspend(world.db, world.south.id);
  const [{ id } = { id: "" }] = await jobsOf(world, run.id);
  assert.equal((await deliver(world.db, id, world.runTest)).kind, "cancelled");
  const [result] = await results(world, run.id);
  assert.deepEqual([result?.state, result?.code], ["cancelled", "ORGANIZATION_INACTIVE"]);
  assert.deepEqual(bot.asked, []);
});

test("a job whose payload names no result fails once and touches nothing", async () => {
  for (const payload of [{ id: "no uuid" }, { id: 7 }, {}, { id: "018f0000-0000-7000-8000-000000000000" }]) {
    const [launched] = await world.asOwner<{ id: string }>(
      "select rowlock.launch_job_for($1, null, 'evals/run-test', $2) as id",
      [world.north.id, JSON.stringify(payload)],
    );
    const id = launched?.id ?? "";
    await deliver(world.db, id, world.runTest);
    const { state, errorCode } = await jobRow(world.db, id);
    const known = typeof payload.id === "string" && payload.id.startsWith("018f");
    assert.deepEqual([state, errorCode], known ? ["succeeded", null] : ["failed", "INVALID_PAYLOAD"]);
  }
});
