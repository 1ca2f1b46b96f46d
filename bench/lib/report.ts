import { type Result, renderTable } from "./results.ts";

export type Report = {
  quick: boolean;
  /** When the run began. */
  date: Date;
  minutes: number;
  machine: readonly string[];
  /** Load of the machine before the run: whoever else used it. */
  loadBefore: number;
  /** Programs with versions and settings, one a line. */
  programs: readonly string[];
  missing: readonly string[];
  results: readonly Result[];
};

/** The report as a page in Markdown. */
export function renderReport(report: Report): string {
  const lines = [
    "# Benchmarks",
    "",
    "Rowlock beside other job systems: the same work, on one machine, in one run, in turns. Written by",
    `\`npm run bench${report.quick ? " -- --quick" : ""}\`. Figures are medians; in brackets, the factor to Rowlock's in the same run.`,
    "Figures of different runs or machines do not compare; ratios do, roughly.",
    "",
    ...(report.quick ? ["**A short run: one round each. Figures are rough.**", ""] : []),
    ...busyWarning(report.loadBefore),
    `- ${report.date.toISOString().slice(0, 16).replace("T", " ")} UTC, ${report.minutes.toFixed(1)} minutes`,
    ...report.machine.map((line) => `- ${line}`),
    `- Load before the run: ${report.loadBefore.toFixed(2)}. Driver, workers and servers share the processor.`,
    ...report.programs.map((line) => `- ${line}`),
    ...report.missing.map((line) => `- **Missing**: ${line}`),
    "",
    ...report.results.flatMap(section),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function busyWarning(loadBefore: number): string[] {
  if (loadBefore < 0.3) return [];
  return [
    "**The machine was busy with other things before the run and perhaps during it: do not quote these figures.**",
    "",
  ];
}

function section(result: Result): string[] {
  return [
    `## ${result.scenario.title}`,
    "",
    result.scenario.note,
    "",
    renderTable(result),
    "",
    ...absentees(result),
  ];
}

/** Who is not in the table, one line a reason. */
function absentees({ absent }: Result): string[] {
  const byReason = Map.groupBy(absent, ({ reason }) => reason);
  const lines = [...byReason].map(([reason, who]) => `${who.map(({ name }) => name).join(", ")}: ${reason}.`);
  return lines.flatMap((line) => [line, ""]);
}
