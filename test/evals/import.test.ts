import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Columns, columnsSchema, type ParsedLine, parseTests } from "../../src/evals/import/index.ts";

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

type Options = { columns?: Partial<Columns>; maxLineBytes?: number; chunk?: number };

/** The file in chunks of a few bytes, so that every boundary falls somewhere inside something. */
async function read(
  format: "jsonl" | "csv",
  file: string | Buffer,
  options: Options = {},
): Promise<ParsedLine[]> {
  const bytes = Buffer.from(file);
  const size = options.chunk ?? 3;
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  const { maxLineBytes } = options;
  return collect(
    parseTests(Readable.from(chunks), {
      format,
      columns: columnsSchema.parse({ input: "q", expected: "a", ...options.columns }),
      ...(maxLineBytes !== undefined && { maxLineBytes }),
    }),
  );
}
const short = (lines: ParsedLine[]) =>
  lines.map((got) =>
    "test" in got
      ? `${got.line} ${got.test.input}=${got.test.expected}`
      : `${got.line} ${got.issue.path} ${got.issue.message}`,
  );

test("JSONL: each line is a test, blank lines and both line ends are fine", async () => {
  const file = '\uFEFF{"q":"one","a":"1"}\r\n\n{"q":"zwölf €","a":12}\n  \n{"q":true,"a":null}';
  assert.deepEqual(short(await read("jsonl", file)), ["1 one=1", "3 zwölf €=12", "5 true=null"]);
});

test("JSONL: a field may lie deep; a field of the very name comes first", async () => {
  const file = '{"q":"x","r":{"m.1":{"s":"deep"}},"r.k":"flat","list":[{"v":"second"}]}\n';
  const expected = async (name: string) =>
    short(await read("jsonl", file, { columns: { expected: name } }))[0];
  assert.equal(await expected("r.k"), "1 x=flat");
  assert.equal(await expected("list.0.v"), "1 x=second");
  assert.match((await expected("r.m.1.s")) ?? "", /no field "r.m.1.s"/);
  assert.match((await expected("constructor.name")) ?? "", /no field/);
});

test("JSONL: lines that cannot be used are issues with their numbers, the others are read", async () => {
  const file = Buffer.concat([
    Buffer.from(
      '{"q":"one","a":"1"}\n{"q":\n[1]\n{"a":"1"}\n{"q":"  ","a":"1"}\n{"q":{"x":1},"a":"1"}\n{"q":"x","a":["1"]}\n',
    ),
    Buffer.from('{"q":"a\\u0000b","a":"1"}\n{"q":"\\ud800","a":"1"}\n{"q":"'),
    Buffer.from([0xff]),
    Buffer.from('","a":"1"}\n{"q":"last","a":"2"}'),
  ]);
  const lines = short(await read("jsonl", file));
  assert.equal(lines[0], "1 one=1");
  assert.match(lines[1] ?? "", /^2 {2}the line is not JSON/);
  assert.deepEqual(lines.slice(2), [
    "3  the line is JSON but no object",
    '4 /input there is no field "q"',
    '5 /input "q" is empty',
    '6 /input "q" is an object, not text',
    '7 /expected "a" is a list, not text',
    '8 /input "q" holds a NUL character',
    '9 /input "q" holds half a character (a lone surrogate)',
    "10  the line is not UTF-8",
    "11 last=2",
  ]);
});

test("JSONL: a line over the bound is an issue and is not kept in memory", async () => {
  const file = `{"q":"one","a":"1"}\n{"q":"${"x".repeat(5_000)}","a":"1"}\n{"q":"two","a":"2"}\n${"y".repeat(5_000)}`;
  assert.deepEqual(short(await read("jsonl", file, { maxLineBytes: 100, chunk: 64 })), [
    "1 one=1",
    "2  the line is longer than 100 bytes",
    "3 two=2",
    "4  the line is longer than 100 bytes",
  ]);
});

test("category and tags come along when they are mapped", async () => {
  const columns = { category: "c", tags: "t" };
  const [first, second] = await read(
    "jsonl",
    '{"q":"x","a":"y","c":"maths","t":["hard"," hard ","new"]}\n{"q":"x","a":"y","c":null,"t":"a, b"}',
    { columns },
  );
  assert.deepEqual(first, {
    line: 1,
    test: { input: "x", expected: "y", category: "maths", tags: ["hard", "new"] },
  });
  assert.deepEqual(second, { line: 2, test: { input: "x", expected: "y", tags: ["a", "b"] } });
  const [only] = await read("jsonl", '{"q":"x"}', { columns: { expected: undefined } });
  assert.deepEqual(only, { line: 1, test: { input: "x", expected: null } });
});

test("CSV: quotes, commas, line ends inside quotes; lines are counted where a record starts", async () => {
  for (const end of ["\n", "\r\n"]) {
    const file = [
      "\uFEFFid, q ,a",
      '1,"one, ""two""",1',
      '2,"first',
      "second",
      'third",2',
      "",
      "3,zwölf €,",
      '4,"",5',
      "5,last,6",
    ].join(end);
    assert.deepEqual(short(await read("csv", file)), [
      '2 one, "two"=1',
      `3 first${end}second${end}third=2`,
      "7 zwölf €=null",
      '8 /input "q" is empty',
      "9 last=6",
    ]);
  }
});

test("CSV: columns the file lacks or has twice are named, and nothing is read", async () => {
  assert.deepEqual(short(await read("csv", "question,a\nx,1\n")), [
    '1 /input there is no column "q"; the file has question, a',
  ]);
  assert.deepEqual(short(await read("csv", "q,a,a\nx,1,2\n")), ['1 /expected there are 2 columns "a"']);
  assert.deepEqual(short(await read("csv", "")), ["1  the file has no heading row"]);
});

test("CSV: a record with too few or too many fields is an issue", async () => {
  assert.deepEqual(short(await read("csv", "q,a\nx\ny,1,2\nz,3\n")), [
    "2  the record has 1 fields, the heading has 2",
    "3  the record has 3 fields, the heading has 2",
    "4 z=3",
  ]);
});

test("CSV: reading stops at a broken quote, at the line where its record starts; what came before is there", async () => {
  const file = (broken: string) => `q,a\n"one\r\n1",1\ntwo,2\n${broken}\nfour,4\n`;
  for (const chunk of [3, 1_000]) {
    for (const [broken, message] of [
      ['"three,3', "a quote opened in this record is never closed"],
      ['"thr"ee,3', "a quote inside a quoted field is not doubled"],
      ['thr"ee",3', "a quote stands inside a field that does not start with one"],
    ] as const) {
      assert.deepEqual(short(await read("csv", file(broken), { chunk })), [
        "2 one\r\n1=1",
        "4 two=2",
        `5  ${message}; reading stopped here`,
      ]);
    }
  }
});

test("CSV: bytes that are not UTF-8 and records over the bound stop the reading at their line", async () => {
  const bad = Buffer.concat([
    Buffer.from("q,a\none,1\ntw"),
    Buffer.from([0xe9]),
    Buffer.from(",2\nthree,3\n"),
  ]);
  for (const chunk of [3, 1_000]) {
    const lines = short(await read("csv", bad, { chunk }));
    assert.equal(lines.at(-1), "3  the line is not UTF-8; reading stopped here");
  }
  const long = `q,a\none,1\n${"x".repeat(500)},2\n`;
  assert.match(
    short(await read("csv", long, { maxLineBytes: 100 })).at(-1) ?? "",
    /^3 {2}the line is longer than 100 bytes/,
  );
  const unclosed = `q,a\none,1\n"${"x\n".repeat(500)}`;
  assert.match(
    short(await read("csv", unclosed, { maxLineBytes: 100 })).at(-1) ?? "",
    /^3 {2}the record is longer/,
  );
});

test("an error of the source reaches the reader, and a reader that leaves ends the source", async () => {
  for (const format of ["jsonl", "csv"] as const) {
    const columns = columnsSchema.parse({ input: "q" });
    async function* failing() {
      yield Buffer.from("q\n");
      throw new Error("cut off");
    }
    await assert.rejects(collect(parseTests(failing(), { format, columns })), /cut off/);
    const source = Readable.from(
      Array.from({ length: 1_000 }, () => Buffer.from(format === "csv" ? "q\nx\n" : '{"q":"x"}\n')),
    );
    for await (const _ of parseTests(source, { format, columns })) break;
    assert(source.destroyed);
  }
});

/** What is really held, garbage collected first: heap and the buffers outside it. */
function usedMemory(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test("100,000 rows go through without filling memory", async () => {
  const filler = "lorem ipsum ".repeat(40);
  async function* rows(format: "jsonl" | "csv") {
    if (format === "csv") yield Buffer.from("q,a\n");
    for (let row = 0; row < 100_000; row += 100) {
      const lines = Array.from({ length: 100 }, (_, at) =>
        format === "csv" ? `"${filler}${row + at}",${at}\n` : `{"q":"${filler}${row + at}","a":${at}}\n`,
      );
      yield Buffer.from(lines.join(""));
    }
  }
  for (const format of ["jsonl", "csv"] as const) {
    const before = usedMemory();
    let highest = 0;
    let count = 0;
    for await (const got of parseTests(rows(format), {
      format,
      columns: columnsSchema.parse({ input: "q", expected: "a" }),
    })) {
      assert("test" in got);
      count += 1;
      if (count % 20_000 === 0) highest = Math.max(highest, usedMemory());
    }
    assert.equal(count, 100_000);
    assert(highest - before < 10_000_000, `${format}: memory grew by ${highest - before} bytes`);
  }
});
