import Table from "cli-table3";
import { z } from "zod";
import type { Summary } from "./run.ts";

const page = z.object({
  results: z.array(
    z.object({
      position: z.number(),
      state: z.string(),
      input: z.string(),
      expected: z.string().nullable(),
      output: z.string().nullable(),
      durationMs: z.number().nullable(),
    }),
  ),
});

/** A bar that moves in a terminal, and a line at each tenth elsewhere. */
export function progressBar(): (done: number, total: number) => void {
  let shown = -1;
  return (done, total) => {
    const tenths = Math.floor((done / total) * 10);
    const bar = `${"█".repeat(tenths * 2)}${"░".repeat(20 - tenths * 2)} ${done}/${total}`;
    if (process.stdout.isTTY) process.stdout.write(`\r${bar}${done === total ? "\n" : ""}`);
    else if (tenths !== shown) console.log(bar);
    shown = tenths;
  };
}

export function showResults(answer: unknown): void {
  const { results } = page.parse(answer);
  const table = new Table({
    head: ["#", "Question", "Expected", "Answer", "Verdict", "ms"],
    style: { head: [], border: [], compact: true },
    colAligns: ["right", "left", "left", "left", "left", "right"],
  });
  for (const result of results) {
    table.push([
      result.position + 1,
      cut(result.input, 44),
      cut(result.expected ?? "", 16),
      cut(result.output ?? "", 36),
      result.state,
      result.durationMs ?? "",
    ]);
  }
  console.log(table.toString());
  const times = results
    .flatMap(({ durationMs }) => (durationMs === null ? [] : [durationMs]))
    .sort((a, b) => a - b);
  console.log(`Endpoint: median ${at(times, 0.5)} ms, 95th percentile ${at(times, 0.95)} ms.`);
}

export function showVerdict(summary: Summary, seconds: number): void {
  const { state, passed, failed, errored, passRate } = summary;
  console.log(
    `Run ${state}: ${passed} passed, ${failed} failed, ${errored} errored; pass rate ${((passRate ?? 0) * 100).toFixed(1)} %, in ${seconds.toFixed(1)} s.`,
  );
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
