import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "xmlbuilder2";
import { judge } from "../../src/cli/test-run/gate.ts";
import { junitOf } from "../../src/cli/test-run/junit.ts";
import { markdownOf } from "../../src/cli/test-run/markdown.ts";
import { type TestReport, testReport } from "../../src/cli/test-run/report.ts";
import { faultsOf } from "./junit.ts";

/** What a product may answer and a test may ask. */
const hostile = 'a "b" <c> & ]]> \u0000\u0007\u001b[31m \ud800 \ufffe 🚣 | `x` [l](http://x)\r\n## h';

type Given = TestReport["results"][number];
const result = (position: number, given: Partial<Given> = {}): Given => ({
  testId: `t${position}`,
  position,
  state: "passed",
  input: hostile,
  expected: null,
  output: hostile,
  durationMs: 1_234,
  error: null,
  evaluations: [{ metric: hostile, passed: given.state !== "failed", reason: hostile }],
  ...given,
});

function report(results: Given[]): TestReport {
  const count = (state: string) => results.filter((one) => one.state === state).length;
  const [passed, failed] = [count("passed"), count("failed")];
  return testReport.parse({
    version: 1,
    run: {
      id: "r1",
      state: "partial",
      testSet: { id: "s1", name: hostile },
      endpoint: { id: "e1", name: hostile },
      createdAt: "2026-01-02T03:04:05.678Z",
      startedAt: "2026-01-02T03:04:06.678Z",
      finishedAt: null,
    },
    counts: {
      total: results.length,
      passed,
      failed,
      errored: count("errored"),
      cancelled: count("cancelled"),
    },
    passRate: passed + failed === 0 ? null : passed / (passed + failed),
    baseline: null,
    regressions: [],
    gate: { failUnder: null, failOnRegression: false, exitCode: 3, reasons: [hostile] },
    results,
  });
}

const error = { code: "FETCH_FAILED", message: hostile };
const mixed = [
  result(0),
  result(1, { state: "failed" }),
  result(2, { state: "errored", error, output: null, durationMs: null }),
  result(3, { state: "cancelled", error: { code: "CANCELLED", message: "" }, output: null }),
];

test("The JUnit report is one by its schema, whatever texts are in it", async () => {
  const xml = junitOf(report(mixed));
  assert.deepEqual(await faultsOf(xml), []);
  const { testsuites } = create(xml).end({ format: "object" }) as unknown as {
    testsuites: {
      "@tests": string;
      testsuite: { "@timestamp": string; testcase: Record<string, unknown>[] };
    };
  };
  assert.equal(testsuites["@tests"], "4");
  assert.equal(testsuites.testsuite["@timestamp"], "2026-01-02T03:04:06");
  const kinds = testsuites.testsuite.testcase.map((one) =>
    ["failure", "error", "skipped"].find((kind) => kind in one),
  );
  assert.deepEqual(kinds, [undefined, "failure", "error", "skipped"]);
  assert.equal(testsuites.testsuite.testcase[0]?.["@time"], "1.234");
  assert.deepEqual(await faultsOf(junitOf(report([]))), []);
});

test("The schema refuses what is no JUnit report", async () => {
  const xml = junitOf(report(mixed));
  for (const broken of [
    xml.replace('tests="4"', ""),
    xml.replace('time="1.234"', 'time="a while"'),
    xml.replaceAll("failure", "flop"),
    xml.replace('name="2. ', 'name="1. '),
  ]) {
    assert.notDeepEqual(await faultsOf(broken), []);
  }
});

test("The summary keeps texts in their cells", () => {
  const markdown = markdownOf(report(mixed));
  const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
  assert.equal(rows.length, 3 + 2 + 3);
  for (const row of rows.slice(5)) assert.equal(row.replaceAll("\\|", "").split("|").length, 8, row);
  assert.doesNotMatch(markdown, /<c>|[^\\]\[l\]|^## h/m);
  assert.match(markdown, /^## ❌ .*: 50\.0 %$/m);
  const many = markdownOf(report(Array.from({ length: 60 }, (_, at) => result(at, { state: "failed" }))));
  assert.match(many, /10 more are not shown\./);
});

test("The gate: a rate that is exactly it passes, what was not executed is neither good nor bad", () => {
  const run = (passed: number, failed: number, more = {}) => ({
    ...{ id: "r", testSetId: "s", endpointId: "e", queued: 0, running: 0, errored: 0, cancelled: 0 },
    ...{ state: "completed", createdAt: "", startedAt: null, finishedAt: null },
    ...{ passed, failed, total: passed + failed, passRate: Math.fround(passed / (passed + failed)), ...more },
  });
  const code = (
    ...[of, failUnder, failOnRegression, worse]: [ReturnType<typeof run>, number?, boolean?, number?]
  ) => judge(of, { failUnder, failOnRegression: failOnRegression ?? false }, worse ?? 0).exitCode;
  for (let of = 1; of <= 200; of += 1) {
    const passed = Math.floor(of * 0.7);
    assert.equal(code(run(passed, of - passed), passed / of), 0);
  }
  assert.equal(code(run(9, 1), 0.9), 0);
  assert.equal(code(run(8, 2), 0.9), 1);
  assert.equal(code(run(0, 9)), 0);
  assert.equal(code(run(9, 1), 0.5, true, 1), 1);
  assert.equal(code(run(9, 1), 0.5, false, 1), 0);
  assert.equal(code(run(10, 0, { state: "partial", errored: 1 }), 0.9), 3);
  assert.equal(code(run(0, 10, { state: "cancelled", cancelled: 1 }), 0.9), 3);
});

test("Of a conversation, Markdown says how many turns it had", () => {
  const talk = result(0, { state: "failed", output: "No.", turns: 3 });
  assert.match(markdownOf(report([talk])), /\| 3 turns: No\. \|/);
});
