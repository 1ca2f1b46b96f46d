import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deliver, jobRow } from "../helpers/jobs.ts";
import {
  booking,
  createConversations,
  details,
  type GivenConversations,
  isDone,
  judged,
  launchConversations,
  says,
  serveTalker,
  setDefaults,
  talkerFields,
  toJudge,
  toUser,
} from "./conversation-support.ts";
import { type FakeModels, serveModels } from "./fake-models/index.ts";
import { ledger } from "./model-support.ts";
import { create, type EvalsWorld, execute, jobsOf, runAll, startEvals } from "./support.ts";

let world: EvalsWorld;
let fake: FakeModels;
before(async () => {
  world = await startEvals();
  fake = await serveModels();
  await setDefaults(world, world.north.member, fake);
});
after(async () => {
  await world.stop();
  await fake.close();
});

const launch = (url: string, given: GivenConversations = {}) => launchConversations(world, url, given);

test("each turn has as many calls as the endpoint allows, and nothing stored is asked for again", async () => {
  fake.answer = booking;
  fake.log.length = 0;
  await using bot = await serveTalker(({ messages }, times) =>
    times < 3 ? { status: 503 } : { output: messages.length >= 3 ? "booked" : "How many are you?" },
  );
  const runId = await launch(bot.url, { endpoint: { maxAttempts: 3 } });
  await runAll(world, runId);
  const [result] = await details(world, world.north.member, runId);
  assert.deepEqual([result?.state, result?.attempts, bot.heard.length], ["passed", 6, 6]);
  assert.equal(fake.log.filter(toUser).length, 3);

  await using dead = await serveTalker(({ messages }) =>
    messages.length >= 3 ? { status: 503 } : { output: "How many are you?" },
  );
  const errored = await launch(dead.url, { endpoint: { maxAttempts: 2 } });
  await runAll(world, errored);
  const [last] = await details(world, world.north.member, errored);
  assert.deepEqual([last?.state, last?.attempts, dead.heard.length, last?.turns], ["errored", 3, 3, 2]);
  assert.match(last?.error?.message ?? "", /status 503\. It was called 2 times\./);
  assert.equal(last?.output, null);

  // Run again it goes on where it was.
  const before = fake.log.filter(toUser).length;
  const { status, text } = await world.send("POST", `/api/test-runs/${errored}/retry`, {
    as: world.north.member,
  });
  assert.equal(status, 200, text);
  await runAll(world, errored);
  assert.deepEqual([dead.heard.length, fake.log.filter(toUser).length], [5, before]);
});

test("a user's model that is away is asked later; one that stays away, or is none, is an error", async () => {
  fake.answer = booking;
  await using bot = await serveTalker(() => ({ output: "booked" }));
  fake.faults.push({ status: 429, headers: { "retry-after": "7" } }, { status: 503 });
  const runId = await launch(bot.url);
  const [{ id } = { id: "" }] = await jobsOf(world, runId);
  assert.equal((await deliver(world.db, id, world.runTest)).kind, "snoozed");
  const { runAt, attempt } = await jobRow(world.db, id);
  const waits = runAt.getTime() - Date.now();
  assert.ok(waits > 5_000 && waits <= 7_000, `${waits} ms`);
  assert.ok(attempt <= 1);
  await runAll(world, runId);
  assert.equal((await details(world, world.north.member, runId))[0]?.state, "passed");

  fake.faults.push(...Array(6).fill({ status: 503 }));
  const away = await launch(bot.url);
  await runAll(world, away);
  const [result] = await details(world, world.north.member, away);
  assert.deepEqual([result?.state, result?.error?.code, fake.faults.length], ["errored", "MODEL_FAILED", 0]);
  assert.match(result?.error?.message ?? "", /^The simulated user: .*503\. It was asked 6 times\.$/);

  const { owner } = world.south;
  const testSetId = await createConversations(world, owner, [{ goal: "Anything." }]);
  const endpointId = await create(world, owner, "endpoints", { url: bot.url, ...talkerFields });
  const { id: nobody } = await execute(world, owner, { endpointId, testSetId, metricIds: [] });
  await runAll(world, nobody);
  const [none] = await details(world, owner, nobody);
  assert.equal(none?.error?.code, "NOT_FOUND");
  assert.match(
    none?.error?.message ?? "",
    /no default model for "simulated_user".*PUT \/api\/model-defaults/,
  );
});

test("a long conversation gives its worker's place back now and then, and goes on where it was", async (context) => {
  fake.answer = booking;
  fake.log.length = 0;
  const now = performance.now.bind(performance);
  let later = 0;
  context.mock.method(performance, "now", () => now() + later);
  await using bot = await serveTalker(({ messages }) => {
    later += 50_000;
    return { output: messages.length > 4 ? "booked" : "?" };
  });
  const runId = await launch(bot.url);
  const [{ id } = { id: "" }] = await jobsOf(world, runId);
  for (const asked of [1, 2]) {
    await world.asOwner("update rowlock.live set state = 'waiting', run_at = now() where id = $1", [id]);
    assert.equal((await deliver(world.db, id, world.runTest)).kind, "snoozed");
    assert.equal(bot.heard.length, asked);
  }
  await runAll(world, runId);
  const [result] = await details(world, world.north.member, runId);
  assert.deepEqual([result?.state, bot.heard.length, fake.log.filter(toUser).length], ["passed", 3, 4]);
});

test("a conversation that has grown too long ends and is judged as it is", async () => {
  fake.answer = (asked) => (toUser(asked) === undefined ? judged(false) : says("Tell me more."));
  await using bot = await serveTalker(() => ({ output: "x".repeat(210_000) }));
  const runId = await launch(bot.url);
  await runAll(world, runId);
  const [result] = await details(world, world.north.member, runId);
  assert.deepEqual([result?.state, result?.turns, result?.conversationEnd?.by], ["failed", 2, "length"]);
});

test("a user that says nothing, or is done before it began, is told so once", async () => {
  await using bot = await serveTalker(() => ({ output: "booked" }));
  let asked = 0;
  fake.answer = (question) => {
    if (toUser(question) === undefined) return judged(true);
    asked += 1;
    if (asked === 1) return isDone("No wish.");
    return question.turns.length > 1 ? says("Hello") : isDone("It is booked.");
  };
  const runId = await launch(bot.url);
  await runAll(world, runId);
  const [result] = await details(world, world.north.member, runId);
  assert.deepEqual([result?.state, result?.turns, asked], ["passed", 1, 3]);
  // The answer that was of no use was paid for, too.
  assert.equal((await ledger(world, runId)).filter(({ purpose }) => purpose === "simulated_user").length, 3);
});

test("a judge that is away is asked again, and nobody else", async () => {
  await using bot = await serveTalker(() => ({ output: "booked" }));
  let judgements = 0;
  fake.answer = (asked) => {
    if (toJudge(asked) === undefined) return booking(asked);
    judgements += 1;
    return judgements === 2 ? "no JSON" : booking(asked);
  };
  fake.log.length = 0;
  fake.faults.push(null, null, { status: 503 });
  const runId = await launch(bot.url);
  await runAll(world, runId);
  const [result] = await details(world, world.north.member, runId);
  assert.deepEqual([result?.state, bot.heard.length, fake.log.filter(toUser).length], ["passed", 1, 2]);
  assert.equal(fake.log.filter(toJudge).length, 3);
});
