import { cut, outputOf, percent, reasonOf, type TestReport } from "./report.ts";

/** GitHub takes 1 MiB a step; the rest is in the other reports. */
const mostRows = 50;
const cellLength = 300;

/** A summary for people, as for $GITHUB_STEP_SUMMARY. */
export function markdownOf({ run, counts, passRate, gate, regressions, results }: TestReport): string {
  const worse = new Set(regressions.map(({ position }) => position));
  const bad = results.filter(({ state }) => state !== "passed");
  const lines = [
    `## ${gate.exitCode === 0 ? "✅" : "❌"} ${cell(run.testSet.name)} against ${cell(run.endpoint.name)}: ${percent(passRate)}`,
    "",
    ...gate.reasons.map((reason) => `- ${cell(reason)}`),
    ...(gate.reasons.length > 0 ? [""] : []),
    "| tests | passed | failed | errored | cancelled |",
    "|---:|---:|---:|---:|---:|",
    `| ${counts.total} | ${counts.passed} | ${counts.failed} | ${counts.errored} | ${counts.cancelled} |`,
    "",
  ];
  if (bad.length > 0) {
    lines.push("| # | state | input | expected | output | reason |", "|---:|---|---|---|---|---|");
    for (const result of bad.slice(0, mostRows)) {
      const state = worse.has(result.position) ? `${result.state}, passed before` : result.state;
      const texts = [result.input, result.expected ?? "", outputOf(result), reasonOf(result)];
      lines.push(`| ${result.position + 1} | ${state} | ${texts.map(cell).join(" | ")} |`);
    }
    if (bad.length > mostRows) lines.push("", `${bad.length - mostRows} more are not shown.`);
    lines.push("");
  }
  lines.push(`Run \`${run.id}\``, "");
  return lines.join("\n");
}

/** A text of an endpoint or a test is shown as it is: no link, no picture, no end of the cell. */
function cell(text: string): string {
  return cut(text, cellLength)
    .replaceAll(/[\\`*_{}[\]()#+!|~@]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
