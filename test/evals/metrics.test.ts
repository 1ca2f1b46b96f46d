import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import {
  isByModel,
  judge,
  metricKinds,
  metricSchema,
  parseMetric,
  type Subject,
} from "../../src/evals/metrics/index.ts";
import { RowlockError } from "../../src/sdk/index.ts";

const subject = (given: Partial<Subject>): Subject => ({
  input: "?",
  expected: null,
  output: "",
  durationMs: null,
  cost: null,
  ...given,
});
const ofItself = (given: unknown) => {
  const metric = parseMetric(given);
  assert(!isByModel(metric));
  return metric;
};
const passes = async (metric: unknown, expected: string | null, output: string) =>
  (await judge(ofItself(metric), subject({ expected, output }))).passed;
const number = (expected: string, output: string, parameters: object = {}) =>
  passes({ kind: "number", parameters }, expected, output);
const issuesOf = (metric: unknown) => {
  try {
    parseMetric(metric);
    return [];
  } catch (error) {
    assert(error instanceof RowlockError && error.code === "INVALID_ARGUMENT");
    return error.issues;
  }
};

/** Parameters of the kinds that cannot do without. */
const required: Record<string, object | undefined> = {
  regex: { pattern: "x" },
  json_schema: { schema: {} },
  json_value: { path: "x" },
  latency: { maxMs: 1 },
  cost: { max: 1 },
  numeric: { instructions: "?", threshold: 5 },
  categorical: { instructions: "?", categories: ["a", "b"], passing: ["a"] },
  goal: { goal: "?" },
};

test("every kind in the registry is one the schema knows, with defaults for what is left out", async () => {
  for (const kind of metricKinds) {
    const parameters = required[kind];
    assert.equal(metricSchema.parse({ kind, ...(parameters && { parameters }) }).kind, kind);
  }
  assert.match(issuesOf({ kind: "vibes" })[0]?.path ?? "", /kind/);
  assert.equal(issuesOf({ kind: "exact", parameters: { trimm: true } })[0]?.path, "/parameters");
});

test("exact compares text, by default without blanks around it and with case", async () => {
  assert(await passes({ kind: "exact" }, "Paris", " Paris\n"));
  assert(!(await passes({ kind: "exact" }, "Paris", "paris")));
  assert(!(await passes({ kind: "exact" }, "Paris", "Paris, of course")));
  assert(await passes({ kind: "exact", parameters: { caseSensitive: false } }, "Paris", "PARIS"));
  assert(!(await passes({ kind: "exact", parameters: { trim: false } }, "Paris", "Paris ")));
  assert(await passes({ kind: "exact" }, "caf\u00e9", "cafe\u0301"));
  assert(await passes({ kind: "exact" }, "", ""));
});

test("contains looks for the expected text or its own, by default without case", async () => {
  assert(await passes({ kind: "contains" }, "paris", "It is Paris."));
  assert(!(await passes({ kind: "contains", parameters: { caseSensitive: true } }, "paris", "It is Paris.")));
  assert(await passes({ kind: "contains", parameters: { text: "sorry" } }, null, "Sorry, no."));
  assert(!(await passes({ kind: "contains" }, "Rome", "It is Paris.")));
});

test("a test without expected output is an error of the evaluation, not a failed test", async () => {
  for (const kind of ["exact", "contains", "number"]) {
    await assert.rejects(passes({ kind }, null, "x"), { code: "INVALID_ARGUMENT" });
  }
  await assert.rejects(number("many", "12"), { code: "INVALID_ARGUMENT" });
});

test("regex matches the output with flags", async () => {
  const regex = (pattern: string, output: string, flags?: string) =>
    passes({ kind: "regex", parameters: { pattern, ...(flags && { flags }) } }, null, output);
  assert(await regex("^\\d{4}-\\d{2}$", "2026-11"));
  assert(!(await regex("^\\d{4}$", "x2026")));
  assert(await regex("paris", "PARIS", "i"));
  assert(await regex("^b$", "a\nb\nc", "m"));
  assert(await regex("a.c", "a\nc", "s"));
  assert(!(await regex("a.c", "a\nc")));
  assert(await regex("(?<year>\\d+)\\/\\u00e9", "7/é"));
});

test("a pattern that does not compile or unrolls too far is refused at the door, naming the cause", async () => {
  const message = (pattern: string, flags = "") =>
    issuesOf({ kind: "regex", parameters: { pattern, flags } }).map(
      (issue) => `${issue.path} ${issue.message}`,
    );
  assert.match(
    message("(unclosed")[0] ?? "",
    /^\/parameters\/pattern the pattern does not compile: missing closing \)/,
  );
  assert.match(message("(a)\\1")[0] ?? "", /does not compile/);
  assert.match(message("a{0,999}".repeat(5))[0] ?? "", /unrolls to \d+ steps/);
  assert.match(message("a", "g")[0] ?? "", /^\/parameters\/flags flags are/);
  assert.match(message("a", "ii")[0] ?? "", /flags are/);
  assert.equal(message("x".repeat(1001)).length, 1);
});

test("a pattern that would hang a backtracking engine is judged at once", async () => {
  const started = performance.now();
  const output = `${"a".repeat(200_000)}!`;
  assert(!(await passes({ kind: "regex", parameters: { pattern: "^(a+)+$" } }, null, output)));
  assert(
    !(await passes({ kind: "regex", parameters: { pattern: "^(([a-z])+.)+[A-Z]([a-z])+$" } }, null, output)),
  );
  assert(performance.now() - started < 1_000);
  const dear = { kind: "regex", parameters: { pattern: "a.{900}$" } };
  await assert.rejects(passes(dear, null, output), { code: "INVALID_ARGUMENT" });
});

test("number compares as numbers, not as text and not as floats", async () => {
  const equal: [string, string][] = [
    ["70000", "70,000"],
    ["1.5", "1.50"],
    ["-3", "the change is -3"],
    ["-3", "the change is −$3.00"],
    ["4", "3-4"],
    ["0.5", "about .5"],
    ["50", "50%"],
    ["1000", "1e3"],
    ["0", "-0.00"],
    ["9007199254740993", "9,007,199,254,740,993"],
    ["12", "a field of 12 m2"],
    ["18", "18. That is it."],
    ["25", "so it is...25"],
  ];
  for (const [expected, output] of equal) assert(await number(expected, output), `${output} is ${expected}`);
  assert(!(await number("9007199254740992", "9007199254740993")));
  assert(!(await number("0.3", "0.30000000000000004")));
  assert(!(await number("2", "H2O")));
  assert(!(await number("2", "two")));
});

test("number takes the one after the marker's last occurrence", async () => {
  const parameters = { after: "A:" };
  assert(await number("18", "A: 3\nno\nA: 18 dollars of 20", parameters));
  assert(!(await number("20", "A: 18 dollars of 20", parameters)));
  assert(!(await number("18", "18", parameters)));
  assert(!(await number("19", "A: none\n19", parameters)));
  assert(await number("18", "A: $18.00\r\n19", parameters));
});

test("number's tolerance is exact at its edge", async () => {
  assert(await number("0.3", "0.2", { tolerance: 0.1 }));
  assert(await number("1", "1.0000001", { tolerance: 1e-7 }));
  assert(!(await number("1", "1.00000011", { tolerance: 1e-7 })));
  assert.equal(issuesOf({ kind: "number", parameters: { tolerance: -1 } }).length, 1);
});

test("a very long number is judged at once", async () => {
  const started = performance.now();
  const digits = "7".repeat(300_000);
  assert(await number(digits, digits));
  assert(!(await number("1", `${"1,".repeat(200_000)}x`)));
  assert(performance.now() - started < 2_000);
});

const gsm8k = resolve(import.meta.dirname, "../../../shared/data/gsm8k/problems.jsonl");
test("number agrees with all 1,319 published verdicts of GSM8K", {
  skip: existsSync(gsm8k) ? false : "no GSM8K data beside the project",
}, async () => {
  type Problem = {
    answer: string;
    recorded: Record<string, { solution: string; is_correct: boolean } | undefined>;
  };
  const problems = readFileSync(gsm8k, "utf8")
    .trim()
    .split("\n")
    .map((line): Problem => JSON.parse(line));
  const metric = ofItself({ kind: "number", parameters: { after: "A:" } });
  let passed = 0;
  for (const problem of problems) {
    const recorded = problem.recorded["6b_finetuning"];
    assert(recorded);
    const verdict = await judge(metric, subject({ expected: problem.answer, output: recorded.solution }));
    assert.equal(verdict.passed, recorded.is_correct, `${verdict.reason} ${recorded.solution}`);
    passed += verdict.score;
  }
  assert.deepEqual([problems.length, passed], [1319, 286]);
});
