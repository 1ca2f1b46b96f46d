import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { create, type EvalsWorld, startEvals } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

const conversation = { kind: "multi_turn", goal: "It is booked.", instructions: "Book a table." };

type Stored = Record<
  "kind" | "input" | "goal" | "instructions" | "restrictions" | "maxTurns" | "expected",
  unknown
>;

async function stored(testSetId: string): Promise<Stored[]> {
  return await world.asOwner<Stored>(
    `select evals.tests_kind(t) as kind, t.input, t.goal, t.instructions, t.restrictions, t.max_turns as "maxTurns", t.expected
     from evals.test_set_tests s join evals.tests t on t.id = s.test_id where s.test_set_id = $1 order by s.position`,
    [testSetId],
  );
}

test("tests of both kinds are added and replaced one by one", async () => {
  const { member, viewer } = world.north;
  const set = await create(world, member, "test-sets", {});
  const add = (json: Record<string, unknown>, who = member) =>
    world.send("POST", `/api/test-sets/${set}/tests`, { as: who, json });
  const { status, body, text } = await add({ ...conversation, restrictions: "No prices." });
  assert.equal(status, 201, text);
  assert.equal((await add({ input: "Hello", expected: "Hi" })).status, 201);
  const none = { restrictions: null, expected: null, input: null };
  const single = { ...none, goal: null, instructions: null, maxTurns: null };
  assert.deepEqual(await stored(set), [
    { ...none, ...conversation, restrictions: "No prices.", maxTurns: 10 },
    { ...single, kind: "single_turn", input: "Hello", expected: "Hi" },
  ]);

  const { id } = body as { id: string };
  const replaced = await world.send("PUT", `/api/tests/${id}`, { as: member, json: { input: "Now single" } });
  assert.equal(replaced.status, 200, replaced.text);
  assert.deepEqual((await stored(set))[0], { ...single, kind: "single_turn", input: "Now single" });
  const other = await world.send("PUT", `/api/tests/${id}`, {
    as: world.south.owner,
    json: { input: "Stolen" },
  });
  assert.equal(other.status, 404);

  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ kind: "multi_turn", goal: "x" }, /instructions/],
    [{ ...conversation, input: "x" }, /input/],
    [{ ...conversation, maxTurns: 51 }, /maxTurns/],
    [{ input: "x", goal: "y" }, /goal/],
    [{}, /input/],
  ];
  for (const [json, message] of wrong) {
    const answer = await add(json);
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.text, message);
  }
  assert.equal((await add({ input: "x" }, viewer)).status, 403);
});

test("SQL and GraphQL refuse what is neither of the kinds", async () => {
  const mutation = `mutation ($test: TestInput!) { createTest(input: { test: $test }) { test { kind } } }`;
  const create = async (given: Record<string, unknown>) =>
    await world.graphql(world.north.member, mutation, { test: given });
  const { kind: _kind, ...fields } = conversation;
  const made = await create(fields);
  assert.deepEqual(made.data, { createTest: { test: { kind: "multi_turn" } } });
  for (const given of [
    {},
    { input: "x", goal: "y", instructions: "z" },
    { goal: "y" },
    { input: "x", maxTurns: 3 },
    { ...fields, maxTurns: 0 },
  ]) {
    const { errors } = await create(given);
    assert.equal(errors.length, 1, JSON.stringify(given));
  }
});

test("files bring both kinds, JSONL in one file", async () => {
  const { member } = world.north;
  const imported = async (file: string, type: string, columns: string) => {
    const set = await create(world, member, "test-sets", {});
    const answer = await world.send("POST", `/api/test-sets/${set}/import?${columns}`, {
      as: member,
      headers: { "content-type": type },
      body: file,
    });
    return { answer, tests: await stored(set) };
  };
  const all = "goal=goal&instructions=how&restrictions=never&maxTurns=most";
  const jsonl = [
    { goal: "It is booked.", how: "Book a table.", never: "No prices.", most: 3 },
    { input: "Hello" },
    { goal: null, input: "Hello again" },
    { goal: "It is cancelled.", how: "Cancel it.", never: null, most: null },
  ];
  const lines = jsonl.map((line) => JSON.stringify(line)).join("\n");
  const { answer, tests } = await imported(lines, "application/x-ndjson", all);
  assert.equal(answer.status, 201, answer.text);
  assert.deepEqual(
    tests.map(({ kind, input, goal, instructions, restrictions, maxTurns }) => [
      ...[kind, input, goal, instructions, restrictions, maxTurns],
    ]),
    [
      ["multi_turn", null, "It is booked.", "Book a table.", "No prices.", 3],
      ["single_turn", "Hello", null, null, null, null],
      ["single_turn", "Hello again", null, null, null, null],
      ["multi_turn", null, "It is cancelled.", "Cancel it.", null, null],
    ],
  );
  const csv = "goal,how,never,most\nIt is booked.,Book a table.,,7\n";
  const table = await imported(csv, "text/csv", all);
  assert.equal(table.answer.status, 201, table.answer.text);
  assert.deepEqual([table.tests[0]?.goal, table.tests[0]?.maxTurns], ["It is booked.", 7]);

  for (const [file, columns, message] of [
    ['{"goal":"x"}', "goal=goal", /a test with a goal needs instructions; say which field they are/],
    ['{"goal":"x","how":""}', "goal=goal&instructions=how", /\\"how\\" is empty/],
    ['{"goal":"x","how":"y","most":"51"}', "goal=goal&instructions=how&maxTurns=most", /from 1 to 50/],
  ] as const) {
    const { answer } = await imported(file, "application/x-ndjson", columns);
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.text, message);
  }
});

test("a run without a metric is for conversations alone", async () => {
  const { member } = world.north;
  const set = await create(world, member, "test-sets", {});
  const endpointId = await create(world, member, "endpoints", { url: "http://127.0.0.1:1/" });
  const add = (json: Record<string, unknown>) =>
    world.send("POST", `/api/test-sets/${set}/tests`, { as: member, json });
  const start = () =>
    world.send("POST", `/api/test-sets/${set}/execute`, {
      as: member,
      json: { endpointId, metricIds: [] },
    });
  await add(conversation);
  assert.equal((await start()).status, 201);
  await add({ input: "x" });
  assert.equal((await start()).status, 422);
});
