import { create } from "xmlbuilder2";
import { cut, percent, type ReportedResult, reasonOf, type TestReport } from "./report.ts";

/** Characters that no XML document can hold, written as escapes or not. */
const outsideXml = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;
const nameLength = 120;

/**
 * A report in the format that Ant's and Surefire's JUnit reports made common: failed is a `failure`, errored an `error`,
 * cancelled is `skipped`. What CI systems tell tests apart by, class and name, is unique: the name holds the position.
 */
export function junitOf({ run, counts, passRate, results }: TestReport): string {
  const { total, failed, errored, cancelled } = counts;
  const time = seconds(results.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0));
  const attributes = { tests: total, failures: failed, errors: errored, skipped: cancelled, time };
  const root = create({ version: "1.0", encoding: "UTF-8" }).ele("testsuites", {
    name: "rowlock",
    ...attributes,
  });
  const suite = root.ele("testsuite", {
    name: clean(run.testSet.name),
    ...attributes,
    timestamp: (run.startedAt ?? run.createdAt).replace(/(\.\d+)?Z$/, ""),
    id: run.id,
  });
  const properties = suite.ele("properties");
  const facts = {
    run: run.id,
    state: run.state,
    endpoint: run.endpoint.name,
    "pass rate": percent(passRate),
  };
  for (const [name, value] of Object.entries(facts))
    properties.ele("property", { name, value: clean(value) });

  for (const result of results) {
    const test = suite.ele("testcase", {
      classname: clean(run.testSet.name),
      name: clean(`${result.position + 1}. ${cut(result.input, nameLength)}`),
      time: seconds(result.durationMs ?? 0),
    });
    const reason = reasonOf(result);
    if (result.state === "failed") {
      test
        .ele("failure", { message: clean(cut(reason, 500)), type: "failed" })
        .txt(clean(wholeStory(result)));
    } else if (result.state === "errored") {
      test
        .ele("error", { message: clean(cut(reason, 500)), type: result.error?.code ?? "errored" })
        .txt(clean(wholeStory(result)));
    } else if (result.state !== "passed") {
      test.ele("skipped", { message: clean(cut(reason, 500)) });
    }
    if (result.output !== null) test.ele("system-out").txt(clean(result.output));
  }
  return root.end({ prettyPrint: true });
}

function wholeStory(result: ReportedResult): string {
  const lines = [reasonOf(result), "", `input: ${result.input}`];
  if (result.expected !== null) lines.push(`expected: ${result.expected}`);
  if (result.output !== null) lines.push(`output: ${result.output}`);
  return lines.join("\n");
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

function clean(text: string): string {
  return text.replaceAll(outsideXml, "\u{FFFD}");
}
