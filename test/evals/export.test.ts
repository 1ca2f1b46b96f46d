import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { parse } from "csv-parse/sync";
import type { Person } from "../api/support.ts";
import { serveBot } from "./bot.ts";
import { create, type EvalsWorld, execute, plan, runAll, startEvals } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

const all = [
  ["input", "expected", "category", "tags"],
  ["goal", "instructions", "restrictions", "maxTurns"],
]
  .flat()
  .map((name) => `${name}=${name}`)
  .join("&");

const awkward = [
  { input: 'quotes " and "" twice', expected: "a,b;c", category: "x,y", tags: ["one", "two, three"] },
  { input: "lines\nof\r\nall\rkinds", expected: " blanks ", category: null, tags: [] },
  { input: "=1+1", expected: "@you", category: "-", tags: ["+"] },
  { input: "日本語 🙂 é", expected: null, category: null, tags: ["ü"] },
  {
    goal: "A table for two",
    instructions: 'Begin politely,\n"in quotes"',
    restrictions: "No names.",
    maxTurns: 3,
    expected: null,
    category: null,
    tags: [],
  },
];

const newSet = () => create(world, world.north.member, "test-sets", {});

async function fill(id: string, tests: readonly object[]): Promise<void> {
  const empty = { input: null, goal: null, instructions: null, restrictions: null, maxTurns: null };
  const text = tests.map((one) => JSON.stringify({ ...empty, ...one })).join("\n");
  await upload(id, text, "application/x-ndjson");
}

async function upload(id: string, body: string, type: string): Promise<void> {
  const headers = { "content-type": type };
  const path = `/api/test-sets/${id}/import?${all}`;
  const { status, text } = await world.send("POST", path, { as: world.north.member, headers, body });
  assert.equal(status, 201, text);
}

const download = (path: string, as: Person = world.north.viewer) => world.send("GET", path, { as });

/** What is stored of a set, in order. */
async function testsIn(id: string) {
  return await world.asOwner(
    `select t.input, t.expected, t.category, t.tags, t.goal, t.instructions, t.restrictions, t.max_turns
     from evals.test_set_tests s join evals.tests t on t.id = s.test_id where s.test_set_id = $1 order by s.position`,
    [id],
  );
}

for (const [format, type] of [
  ["jsonl", "application/x-ndjson"],
  ["csv", "text/csv"],
] as const) {
  test(`what is exported as ${format} is imported again as it was, page after page`, async () => {
    const id = await newSet();
    const many = Array.from({ length: 1_200 }, (_, n) => ({ ...awkward[n % 4], category: `n ${n}` }));
    await fill(id, [...awkward, ...many]);
    const { status, text, headers } = await download(`/api/test-sets/${id}/export?format=${format}`);
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", new RegExp(`^${type}`));
    assert.match(
      headers.get("content-disposition") ?? "",
      new RegExp(`filename="?test-set-${id}.${format}"?`),
    );
    const again = await newSet();
    await upload(again, text, type);
    const [before, after] = [await testsIn(id), await testsIn(again)];
    assert.equal(before.length, 1_205);
    assert.deepEqual(after, before);
  });
}

test("for a spreadsheet no cell begins as a formula does", async () => {
  const id = await newSet();
  await fill(id, awkward);
  const { text } = await download(`/api/test-sets/${id}/export?format=csv&spreadsheet=true`);
  const cells = (parse(text, { columns: true }) as Record<string, string>[]).flatMap((row) =>
    Object.values(row),
  );
  assert.ok(cells.includes("'=1+1"));
  for (const cell of cells) assert.doesNotMatch(cell, /^[=+\-@]/);
});

test("an empty set is an empty file, or its heading", async () => {
  const id = await newSet();
  assert.equal((await download(`/api/test-sets/${id}/export`)).text, "");
  const { text } = await download(`/api/test-sets/${id}/export?format=csv`);
  assert.match(text, /^"?input"?,/);
});

test("another organization's set or run is not there, nor is another format", async () => {
  const id = await newSet();
  for (const path of [`/api/test-sets/${id}/export`, `/api/test-runs/${id}/export`]) {
    assert.equal((await download(path, world.south.owner)).status, 404);
    assert.equal((await download(`${path}?format=xml`)).status, 422);
  }
});

test("a run's results are exported with their verdicts", async () => {
  await using bot = await serveBot();
  const tests = [
    { input: "a", expected: "a", category: "c", tags: ["x", "y, z"] },
    { input: 'b "c"', expected: "no", category: "c", tags: [] },
    { input: "d", category: "c", tags: [] },
  ];
  const given = await plan(world, world.north.member, { url: bot.url, tests });
  const run = await execute(world, world.north.member, given);
  await runAll(world, run.id);
  const jsonl = await download(`/api/test-runs/${run.id}/export`);
  const page = await download(`/api/test-runs/${run.id}/results`);
  assert.deepEqual(
    jsonl.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
    (page.body as { results: unknown[] }).results,
  );
  const csv = await download(`/api/test-runs/${run.id}/export?format=csv`);
  const rows = parse(csv.text, { columns: true }) as Record<string, string>[];
  assert.deepEqual(
    rows.map(({ state, input, output }) => [state, input, output]),
    [
      ["passed", "a", "a"],
      ["failed", 'b "c"', 'b "c"'],
      ["errored", "d", "d"],
    ],
  );
  assert.deepEqual([rows[0]?.category, rows[0]?.tags, rows[0]?.testVersion], ["c", '["x","y, z"]', "1"]);
  assert.match(rows[1]?.reasons ?? "", /failed/);
  assert.match(rows[2]?.error ?? "", /^EVALUATION_ERROR: /);
});
