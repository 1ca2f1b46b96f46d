import assert from "node:assert/strict";
import { test } from "node:test";
import { isByModel, judge, parseMetric, type Subject, type Verdict } from "../../src/evals/metrics/index.ts";
import { RowlockError } from "../../src/sdk/index.ts";

const say = async (kind: string, parameters: object, given: Partial<Subject>): Promise<Verdict> => {
  const metric = parseMetric({ kind, parameters });
  assert(!isByModel(metric));
  return await judge(metric, {
    input: "?",
    expected: null,
    output: "",
    durationMs: null,
    cost: null,
    ...given,
  });
};
const passes = async (kind: string, parameters: object, given: Partial<Subject>) =>
  (await say(kind, parameters, given)).passed;
const faults = (kind: string, parameters: object) => {
  try {
    parseMetric({ kind, parameters });
    return [];
  } catch (error) {
    assert(error instanceof RowlockError && error.code === "INVALID_ARGUMENT");
    return error.issues.map(({ path, message }) => `${path} ${message}`);
  }
};
const cannotJudge = { code: "INVALID_ARGUMENT" };

test("similarity is the share of the longer text that need not be changed", async () => {
  const close = await say("similarity", {}, { expected: "kitten", output: "sitting" });
  assert(Math.abs(close.score - (1 - 3 / 7)) < 1e-9);
  assert(!close.passed);
  assert.match(close.reason, /^The output is 0\.571 similar to "kitten"; 0\.8 passes\.$/);
  assert(await passes("similarity", { threshold: 0.57 }, { expected: "kitten", output: "sitting" }));
  assert(await passes("similarity", { threshold: 1 }, { expected: "Caf\u00e9 ", output: "cafe\u0301" }));
  assert(!(await passes("similarity", { caseSensitive: true }, { expected: "PARIS", output: "paris" })));
  assert.equal((await say("similarity", {}, { expected: "", output: "" })).score, 1);
  assert(await passes("similarity", { text: "Paris" }, { output: "Paris!" }));
  await assert.rejects(passes("similarity", {}, { output: "x" }), cannotJudge);
  assert.match(faults("similarity", { threshold: 1.1 })[0] ?? "", /^\/parameters\/threshold/);
});

test("similarity of long texts is bounded: judged soon, or not at all", async () => {
  const started = performance.now();
  await say("similarity", {}, { expected: "ab".repeat(9_900), output: "ba".repeat(9_900) });
  await assert.rejects(
    passes("similarity", {}, { expected: "a".repeat(100_000), output: "b".repeat(250_000) }),
    cannotJudge,
  );
  assert(performance.now() - started < 5_000);
});

test("json_schema reads the output as JSON and names the first place that does not fit", async () => {
  const schema = {
    type: "object",
    required: ["city"],
    properties: { city: { type: "string", pattern: "^[A-Z]" }, on: { format: "date" } },
  };
  const fits = (output: string) => say("json_schema", { schema }, { output });
  assert((await fits('{"city":"Paris","on":"2026-11-24"}')).passed);
  assert.match((await fits('{"city":"paris"}')).reason, /\/city must match pattern/);
  assert.match((await fits('{"on":"2026-11-24"}')).reason, /required property 'city'/);
  assert.match((await fits('{"city":"Paris","on":"tomorrow"}')).reason, /\/on must match format "date"/);
  assert.deepEqual(
    [(await fits("Paris")).passed, (await fits("Paris")).reason],
    [false, "The output is not JSON."],
  );
  assert(!(await passes("json_schema", { schema: false }, { output: "1" })));
});

test("a JSON Schema that cannot be used is refused at the door with its place", () => {
  const refused: [object | boolean, RegExp][] = [
    [{ type: "strng" }, /allowed values/],
    [{ requird: ["x"] }, /unknown keyword: "requird"/],
    [{ $ref: "https://example.com/schema.json" }, /can't resolve reference/],
    [{ pattern: "(a" }, /missing closing/],
    [{ pattern: "(?=a)b" }, /cannot be used/],
    [{ format: "colour" }, /unknown format/],
    [{ $async: true }, /\$async/],
    [{ enum: ["x".repeat(20_000)] }, /more than 20000 characters/],
  ];
  for (const [schema, message] of refused) {
    const [fault = ""] = faults("json_schema", { schema });
    assert.match(fault, /^\/parameters\/schema /);
    assert.match(fault, message);
  }
  assert.match(faults("json_schema", {})[0] ?? "", /^\/parameters\/schema/);
});

test("a JSON Schema that would hang a worker is broken off, and so is a pattern", async () => {
  const started = performance.now();
  // Each part is twice the next: two to the power of thirty in thirty lines.
  const $defs = Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [
      `d${n}`,
      n === 29
        ? { type: "number" }
        : { allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] },
    ]),
  );
  await assert.rejects(passes("json_schema", { schema: { $defs, $ref: "#/$defs/d0" } }, { output: "1" }), {
    ...cannotJudge,
    message: /timed out/,
  });
  await assert.rejects(
    passes("json_schema", { schema: { allOf: [{ $ref: "#" }] } }, { output: "1" }),
    cannotJudge,
  );
  const unique = JSON.stringify(Array.from({ length: 40_000 }, (_, n) => ({ n })));
  await assert.rejects(
    passes("json_schema", { schema: { uniqueItems: true } }, { output: unique }),
    cannotJudge,
  );
  const output = JSON.stringify(`${"a".repeat(100_000)}!`);
  assert(!(await passes("json_schema", { schema: { pattern: "^(a+)+$" } }, { output })));
  assert(performance.now() - started < 15_000);
});

test("json_value finds a value and compares it as JSON", async () => {
  const output = '{"items":[{"price":7,"tags":["a","b"]}],"total":"7"}';
  const found = (path: string, more: object = {}, expected: string | null = null) =>
    passes("json_value", { path, ...more }, { output, expected });
  assert(await found("items[0].price", { equals: 7 }));
  assert(!(await found("items[0].price", { equals: "7" })));
  assert(await found("items[0].price", {}, "7"));
  assert(await found("total", {}, "7"));
  assert(await found("items[0]", { equals: { tags: ["a", "b"], price: 7 } }));
  assert(await found("$count(items) > 0", { equals: true }));
  assert(!(await found("items[0].cost", { equals: 7 })));
  assert.match((await say("json_value", { path: "a.b", equals: 1 }, { output })).reason, /found nothing/);
  assert.match(
    (await say("json_value", { path: "total", equals: 1 }, { output })).reason,
    /found "\\"7\\"", expected/,
  );
  assert.equal(
    (await say("json_value", { path: "x", equals: 1 }, { output: "x" })).reason,
    "The output is not JSON.",
  );
  await assert.rejects(found("total"), cannotJudge);
  assert.match(faults("json_value", { path: "a[" })[0] ?? "", /^\/parameters\/path /);
  assert.match(faults("json_value", { path: "$eval('1')" })[0] ?? "", /not supported/);
});

test("latency and cost are ceilings; over what is not known they cannot judge", async () => {
  assert(await passes("latency", { maxMs: 100 }, { durationMs: 100 }));
  const late = await say("latency", { maxMs: 100 }, { durationMs: 101 });
  assert.deepEqual([late.passed, late.reason], [false, "The endpoint took 101 ms; 100 ms may be."]);
  assert(await passes("cost", { max: 0.01 }, { cost: 0.01 }));
  assert(!(await passes("cost", { max: 0.01 }, { cost: 0.0101 })));
  await assert.rejects(passes("cost", { max: 1 }, {}), cannotJudge);
  await assert.rejects(passes("latency", { maxMs: 1 }, {}), cannotJudge);
  assert.match(faults("latency", {})[0] ?? "", /^\/parameters\/maxMs/);
  assert.match(faults("cost", { max: -1 })[0] ?? "", /^\/parameters\/max/);
});
