import Table from "cli-table3";
import { cut, outputOf, percent, reasonOf, type TestReport } from "./report.ts";

const mostRows = 25;
/** Escape sequences of an output would reach the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const control = /[\u0000-\u001f\u007f-\u009f]/g;

/** Prints what did not pass, then counts and verdict. */
export function showReport({ run, counts, passRate, baseline, gate, results }: TestReport): void {
  const bad = results.filter(({ state }) => state !== "passed");
  if (bad.length > 0) {
    const table = new Table({
      head: ["#", "State", "Input", "Expected", "Output", "Reason"],
      style: { head: [], border: [], compact: true },
      colAligns: ["right", "left", "left", "left", "left", "left"],
    });
    for (const result of bad.slice(0, mostRows)) {
      table.push([
        result.position + 1,
        result.state,
        plain(result.input, 36),
        plain(result.expected ?? "", 16),
        plain(outputOf(result), 36),
        plain(reasonOf(result), 44),
      ]);
    }
    console.log(table.toString());
    if (bad.length > mostRows) console.log(`${bad.length - mostRows} more are not shown; --json has them.`);
  }
  const { total, passed, failed, errored, cancelled } = counts;
  console.log(
    `Run ${run.id} ${run.state}: ${passed} of ${total} passed, ${failed} failed, ${errored} errored, ${cancelled} cancelled; pass rate ${percent(passRate)}.`,
  );
  if (gate.failOnRegression) {
    console.log(
      baseline === null
        ? "There is no completed run before it to compare with."
        : `Compared with run ${baseline.runId}, pass rate ${percent(baseline.passRate)}.`,
    );
  }
  for (const reason of gate.reasons)
    console.log(`${gate.exitCode === 1 ? "Failed" : "Not executed"}: ${reason}.`);
}

function plain(text: string, length: number): string {
  return cut(text, length).replaceAll(control, "\u{FFFD}");
}
