import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Answer, codeOf, type Person } from "../api/support.ts";
import { until } from "../helpers/jobs.ts";
import { create, type EvalsWorld, startEvals } from "./support.ts";

let world: EvalsWorld;
let folder: string;
before(async () => {
  world = await startEvals();
  // A folder of our own: tests that run beside this one may import as well.
  folder = await mkdtemp(join(tmpdir(), "rowlock-test-import-"));
  process.env.TMPDIR = folder;
});
after(async () => {
  await world.stop();
  await rm(folder, { recursive: true });
});

const jsonl = "application/x-ndjson";

async function send(
  who: Person,
  setId: string,
  { query = "", type = jsonl, body }: { query?: string; type?: string; body: string },
): Promise<Answer> {
  return await world.send("POST", `/api/test-sets/${setId}/import${query}`, {
    as: who,
    headers: { "content-type": type },
    body,
  });
}

const newSet = () => create(world, world.north.member, "test-sets", {});

type StoredTest = { position: number; input: string; expected: string | null; category: string | null };

const stored = (setId: string) =>
  world.asOwner<StoredTest & { tags: string[] }>(
    `select s.position, t.input, t.expected, t.category, t.tags from evals.test_set_tests s
     join evals.tests t on t.organization_id = s.organization_id and t.id = s.test_id
     where s.test_set_id = $1 order by s.position`,
    [setId],
  );

async function testsInAll(): Promise<number> {
  const [row] = await world.asOwner<{ n: number }>("select count(*)::int as n from evals.tests");
  return row?.n ?? -1;
}

/** Folders of uploads under way. */
const spools = async () => await readdir(folder);

const issuesOf = (answer: Answer) =>
  (answer.body as { error: { issues: { path: string; message: string }[] } }).error.issues;

test("JSONL is imported by the mapping of its columns, in order, and continues where the set ended", async () => {
  const set = await newSet();
  const query = "?input=q.text&expected=a&category=kind&tags=labels";
  const line = (n: number) =>
    JSON.stringify({ q: { text: `frage ${n} €` }, a: n, kind: "sums", labels: ["x", "y"] });
  const first = await send(world.north.member, set, { query, body: `${line(1)}\n${line(2)}\n` });
  assert.deepEqual([first.status, first.body], [201, { imported: 2 }]);
  assert.equal((await send(world.north.owner, set, { query, body: line(3) })).status, 201);
  const rows = await stored(set);
  assert.deepEqual(
    rows.map(({ position, input, expected }) => [position, input, expected]),
    [
      [0, "frage 1 €", "1"],
      [1, "frage 2 €", "2"],
      [2, "frage 3 €", "3"],
    ],
  );
  assert.deepEqual([rows[0]?.category, rows[0]?.tags], ["sums", ["x", "y"]]);
});

test("CSV is imported by the mapping of its headings", async () => {
  const set = await newSet();
  const body = 'Question,Answer,Tags\r\n"a, ""b""\nc",12,"x, y"\r\nplain,,\r\n';
  const query = "?input=Question&expected=Answer&tags=Tags";
  const answer = await send(world.north.member, set, { query, type: "text/csv; charset=utf-8", body });
  assert.deepEqual([answer.status, answer.body], [201, { imported: 2 }]);
  assert.deepEqual(
    (await stored(set)).map(({ input, expected, tags }) => [input, expected, tags]),
    [
      ['a, "b"\nc', "12", ["x", "y"]],
      ["plain", null, []],
    ],
  );
});

test("broken lines are named by number, nothing is stored, no file is left", async () => {
  const set = await newSet();
  const before = await testsInAll();
  const good = '{"input":"fine"}\n';
  const lines = await send(world.north.member, set, {
    body: `${good}{"input":\n${good}{"inptu":"x"}\n${good}`,
  });
  assert.equal(lines.status, 422);
  assert.equal(codeOf(lines), "IMPORT_INVALID");
  assert.deepEqual(
    issuesOf(lines).map(({ path }) => path),
    ["/2", "/4"],
  );
  const csv = await send(world.north.member, set, {
    query: "?input=q",
    type: "text/csv",
    body: 'q,a\n1,2\n3\n"open',
  });
  assert.equal(codeOf(csv), "IMPORT_INVALID");
  assert.deepEqual(
    issuesOf(csv).map(({ path }) => path),
    ["/3", "/4"],
  );
  for (const body of ["\n\n", ""])
    assert.equal(codeOf(await send(world.north.member, set, { body })), "IMPORT_INVALID");
  assert.deepEqual([await testsInAll(), await stored(set)], [before, []]);
  assert.deepEqual(await spools(), []);
});

test("a field longer than the tables take is named by its line, one that just fits is stored", async () => {
  const set = await newSet();
  const fits = "😀".repeat(100_000);
  const line = (input: string, kind = "k") => JSON.stringify({ input, kind });
  const query = "?category=kind";
  const over = await send(world.north.member, set, {
    query,
    body: [line(fits), line(`${fits}x`), line("x".repeat(100_001)), line("x", "k".repeat(201))].join("\n"),
  });
  assert.equal(codeOf(over), "IMPORT_INVALID");
  assert.deepEqual(
    issuesOf(over).map(({ path }) => path),
    ["/2", "/3", "/4"],
  );
  const stores = await send(world.north.member, set, { query, body: line(fits, "k".repeat(200)) });
  assert.equal(stores.status, 201);
  assert.equal((await stored(set))[0]?.input, fits);
});

test("a bad line at the end of many thousand stores none of them", async () => {
  const set = await newSet();
  const before = await testsInAll();
  const body = `${'{"input":"fine"}\n'.repeat(5_000)}{"input":""}\n`;
  const answer = await send(world.north.member, set, { body });
  assert.equal(issuesOf(answer)[0]?.path, "/5001");
  assert.equal(await testsInAll(), before);
});

test("a large file that is wrong from its first lines on is answered and not cut off", async () => {
  const set = await newSet();
  const cases = [
    { type: jsonl, body: '{"inptu":"wrong name"}\n'.repeat(300_000) },
    { type: "text/csv", body: `question,answer\n${"what,that\n".repeat(600_000)}` },
    { type: "text/csv", body: `input,answer\n"a"b,c\n${"what,that\n".repeat(600_000)}` },
  ];
  for (const one of cases) {
    const answer = await send(world.north.member, set, one);
    assert.deepEqual([answer.status, codeOf(answer)], [422, "IMPORT_INVALID"]);
    assert(issuesOf(answer).length <= 100);
  }
  assert.deepEqual([await stored(set), await spools()], [[], []]);
});

test("an upload that breaks off stores nothing and leaves no file", async () => {
  const set = await newSet();
  const upload = request(`${world.api.url}/api/test-sets/${set}/import`, {
    method: "POST",
    headers: { authorization: `Bearer ${world.north.member.token}`, "content-type": jsonl },
  });
  const broken = once(upload, "error");
  upload.write('{"input":"one"}\n');
  await until(spools, (found) => found.length === 1);
  upload.destroy();
  await broken;
  await until(spools, (found) => found.length === 0);
  assert.deepEqual(await stored(set), []);
});

test("viewers, other organizations and other content types are refused", async () => {
  const set = await newSet();
  const body = '{"input":"x"}\n';
  const outcomes = [
    await send(world.north.viewer, set, { body }),
    await send(world.south.owner, set, { body }),
    await send(world.north.member, "018f0000-0000-7000-8000-000000000000", { body }),
    await send(world.north.member, "no-uuid", { body }),
    await send(world.north.member, set, { type: "application/xml", body }),
    await send(world.north.member, set, { type: "application/json", body: "{}" }),
    await send(world.north.member, set, { query: "?inptu=q", body }),
    await world.send("POST", `/api/test-sets/${set}/import`, { headers: { "content-type": jsonl }, body }),
  ];
  assert.deepEqual(
    outcomes.map((answer) => [answer.status, codeOf(answer)]),
    [
      [403, "NOT_ALLOWED"],
      [404, "NOT_FOUND"],
      [404, "NOT_FOUND"],
      [422, "INVALID_ARGUMENT"],
      [400, "INVALID_BODY"],
      [400, "INVALID_BODY"],
      [422, "INVALID_ARGUMENT"],
      [401, "UNAUTHENTICATED"],
    ],
  );
  assert.deepEqual(await stored(set), []);
});

test("two imports at once into one set do not share positions", async () => {
  const set = await newSet();
  const file = (name: string) =>
    Array.from({ length: 2_500 }, (_, n) => JSON.stringify({ input: `${name} ${n}` })).join("\n");
  const answers = await Promise.all(
    ["a", "b"].map((name) => send(world.north.member, set, { body: file(name) })),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201],
  );
  const rows = await stored(set);
  assert.equal(rows.length, 5_000);
  assert(rows.every(({ position }, index) => position === index));
  // Each file's tests lie together and in order.
  const [first = ""] = rows[0]?.input.split(" ") ?? [];
  const second = first === "a" ? "b" : "a";
  assert(rows.every(({ input }, at) => input === `${at < 2_500 ? first : second} ${at % 2_500}`));
});
