import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  isDone,
  judged,
  says,
  serveTalker,
  talkerFields,
  toJudge,
  toUser,
} from "../../evals/conversation-support.ts";
import { serveModels } from "../../evals/fake-models/index.ts";
import { until } from "../../helpers/jobs.ts";
import { asOwner } from "../../helpers/organization.ts";
import { type Asked, askedAfterStored, noteWhenStored } from "../asked-after-stored.ts";
import { allResults, type Client, ended, execute } from "../spine/client.ts";
import { startScene } from "./scene.ts";

const tests = 40;
const answerMs = 120;
const longestRunMs = 60_000;
/** A worker is killed when the bot has heard so many messages. */
const killsAt = [15, 40, 65, 90];

/** How a conversation is to go. What the bot says at its last turn, and why the conversation ends with it. */
const plans = {
  reached: { last: "It is booked.", by: "user", state: "passed" },
  "given up": { last: "We are closed for good.", by: "user", state: "failed" },
  "turns used up": { last: "How many are you?", by: "max_turns", state: "failed" },
  "restriction broken": { last: "It is booked. That is 12 euros.", by: "user", state: "failed" },
} as const;

type Plan = { goal: string; kind: keyof typeof plans; turns: number };

/** Half of them reach their goal. Which one it is, and how it goes, stands in the goal and is said at the start. */
function plan(n: number): Plan {
  const others = ["given up", "turns used up", "restriction broken"] as const;
  const kind = n % 2 === 0 ? "reached" : (others[((n - 1) / 2) % 3] ?? "given up");
  return { goal: `Table ${n} is booked.`, kind, turns: 2 + (n % 4) };
}

const messageOf = ({ goal }: Plan, turn: number) => `${goal} Please. (${turn})`;
const answerOf = ({ kind, turns }: Plan, turn: number) =>
  turn < turns ? "How many are you?" : plans[kind].last;

/** Line 4: goals reached and missed are told apart; the transcript is stored turn by turn and survives a kill. */
export async function conversations(): Promise<string> {
  const all = Array.from({ length: tests }, (_, n) => plan(n));
  const find = (text: string) => all.find(({ goal }) => text.includes(goal)) ?? assert.fail(text);
  const asked: (Asked & { position: number })[] = [];
  const judgements = new Map<string, number>();
  await using models = await serveModels(async (question) => {
    const user = toUser(question);
    if (user === undefined) {
      const given = toJudge(question) ?? assert.fail(question.system ?? "");
      judgements.set(given.goal, (judgements.get(given.goal) ?? 0) + 1);
      const said = given.transcript.map(({ content }) => content).join("\n");
      return judged(said.includes("booked. That") ? false : said.includes("It is booked."), said);
    }
    const given = find(user.role);
    asked.push({ input: given.goal, position: user.conversation.length, at: Date.now() });
    await sleep(answerMs);
    const last = user.conversation.at(-1)?.product ?? "";
    return /booked|closed/.test(last)
      ? isDone(last)
      : says(messageOf(given, user.conversation.length / 2 + 1));
  });
  // It keeps its conversations itself, by the names it gives them, and is told no more than what is new.
  const started = new Map<string, string>();
  const heard: (Asked & { position: number })[] = [];
  await using bot = await serveTalker(async ({ input, id }) => {
    const given = find(input);
    const turn = Number(/\((\d+)\)$/.exec(input)?.[1]);
    heard.push({ input: given.goal, position: 2 * turn - 1, at: Date.now() });
    assert.equal(id === null, turn === 1, `${input} came with ${id}`);
    if (id !== null) assert.equal(started.get(id), given.goal, `${input} came with ${id}`);
    const name = id ?? `talk ${started.size}`;
    started.set(name, given.goal);
    await sleep(answerMs);
    return { output: answerOf(given, turn), id: name };
  });

  await using scene = await startScene(2, { WORKER_CONCURRENCY: "5" });
  await noteWhenStored(scene.db);
  const setup = await setUp(scene.client, { models: models.url, bot: bot.url, all });
  const began = performance.now();
  const runId = await execute(scene.client, setup);
  for (const count of killsAt) {
    await until(
      async () => heard.length,
      (now) => now >= count,
      longestRunMs,
    );
    await scene.killOne();
  }
  await ended(scene.client, runId, longestRunMs);
  const seconds = (performance.now() - began) / 1_000;

  const rows = await asOwner<Row>(scene.db, transcripts, [runId]);
  assert.equal(rows.length, tests);
  let stored = 0;
  for (const row of rows) {
    const given = find(row.goal);
    stored += checkTranscript(row, given, [...asked, ...heard]);
  }
  const late = await askedAfterStored(scene.db, [...asked, ...heard]);
  assert.equal(late, 0, "asked after the conversation was over");
  const dones = all.filter(({ kind }) => plans[kind].by === "user").length;
  const twice = asked.length + heard.length - stored - dones;
  // One under way in each of a worker's five places, each time that one is killed.
  assert.ok(twice >= 0 && twice <= 5 * killsAt.length, `${twice} questions were asked twice`);
  const judgedTwice = [...judgements.values()].reduce((sum, times) => sum + times, 0) - tests;
  assert.ok(judgements.size === tests && judgedTwice <= 5 * killsAt.length, `${judgedTwice} judged twice`);
  const ledger = await throughTheDoor(scene.client, runId, stored / 2 + dones);
  const passed = rows.filter(({ state }) => state === "passed").length;
  return `${tests} conversations, ${passed} reached their goal and ${tests - passed} missed it, each as planned; ${stored} messages, none missing, doubled or asked for once stored, with ${killsAt.length} workers killed: ${twice} questions under way were asked again, ${judgedTwice} judged again; ${seconds.toFixed(1)} s; ${ledger}`;
}

type Row = {
  goal: string;
  state: string;
  message: string | null;
  by: string | null;
  attempts: number;
  turns: { position: number; role: string; content: string; at: string; attempts: number | null }[];
};

const transcripts = `
  select r.input as goal, r.state, r.error_message as message, r.conversation_end ->> 'by' as by, r.attempts, (
    select jsonb_agg(jsonb_build_object('position', t.position, 'role', t.role, 'content', t.content,
      'at', t.created_at, 'attempts', t.attempts) order by t.position)
    from evals.turns t where t.test_result_id = r.id) as turns
  from evals.test_results r where r.test_run_id = $1 order by r.position`;

/** Complete, in order, and nobody was asked for a message once it was stored. @returns how many messages it has */
function checkTranscript(row: Row, given: Plan, log: readonly (Asked & { position: number })[]): number {
  const planned = plans[given.kind];
  assert.deepEqual([row.state, row.by], [planned.state, planned.by], `${row.goal} ${row.message}`);
  const expected = Array.from({ length: 2 * given.turns }, (_, position) => {
    const turn = Math.floor(position / 2) + 1;
    return position % 2 === 0
      ? { position, role: "user", content: messageOf(given, turn) }
      : { position, role: "assistant", content: answerOf(given, turn) };
  });
  assert.deepEqual(
    row.turns.map(({ position, role, content }) => ({ position, role, content })),
    expected,
  );
  for (const { position, at, attempts } of row.turns) {
    const asked = log.filter((one) => one.input === given.goal && one.position === position);
    assert.ok(asked.length >= 1 && asked.length <= 1 + killsAt.length, `${row.goal} ${position}`);
    for (const one of asked)
      assert.ok(one.at <= Date.parse(at), `${row.goal} ${position} was asked for again`);
    // Counted before it is made: a worker may be killed in between.
    if (attempts !== null) assert.ok(attempts >= asked.length && attempts <= asked.length + killsAt.length);
  }
  assert.equal(
    row.attempts,
    row.turns.reduce((sum, { attempts }) => sum + (attempts ?? 0), 0),
  );
  return row.turns.length;
}

async function setUp(
  client: Client,
  { models, bot, all }: { models: string; bot: string; all: readonly Plan[] },
) {
  const make = async (collection: string, fields: Record<string, unknown>) =>
    ((await client.rest("POST", `/api/${collection}`, { name: "talk", ...fields })) as { id: string }).id;
  const model = { provider: "openai-compatible", model: "scripted", baseUrl: `${models}/local` };
  const modelId = await make("models", model);
  for (const purpose of ["simulated_user", "judge"]) {
    await client.rest("PUT", `/api/model-defaults/${purpose}`, { modelId });
  }
  const requestTemplate = { input: "{{ input }}", id: "{{ conversationId }}" };
  const endpointId = await make("endpoints", { url: bot, ...talkerFields, requestTemplate });
  const testSetId = await make("test-sets", {});
  const file = all.map(({ goal, kind, turns }) =>
    JSON.stringify({
      ...{ goal, how: "You want a table.", never: "No price is named." },
      // The others are over by then.
      most: kind === "turns used up" ? turns : 8,
    }),
  );
  const columns = "goal=goal&instructions=how&restrictions=never&maxTurns=most";
  await client.rest(
    "POST",
    `/api/test-sets/${testSetId}/import?${columns}`,
    file.join("\n"),
    "application/x-ndjson",
  );
  return { endpointId, testSetId, metricIds: [] };
}

/** What a user of the API sees of it, and what it cost: each call of which the answer was used, once. */
async function throughTheDoor(client: Client, runId: string, ofUser: number): Promise<string> {
  const [result] = await allResults(client, runId);
  const detail = (await client.rest("GET", `/api/test-results/${result?.id}`)) as { transcript: unknown[] };
  assert.equal(detail.transcript.length, 4);
  const { byModel } = (await client.rest("GET", `/api/model-usage?testRunId=${runId}`)) as {
    byModel: { purpose: string; calls: number }[];
  };
  const calls = Object.fromEntries(byModel.map((line) => [line.purpose, line.calls]));
  assert.deepEqual(calls, { judge: tests, simulated_user: ofUser });
  return `the ledger has ${ofUser} calls of the user and ${tests} of the judge`;
}
