import { Box } from "@mantine/core";
import type { RunLineFragment } from "../../../api/graphql.generated.ts";
import { formatNumber, percent } from "../../../lib/text.ts";
import { between, shortDuration } from "../../../lib/time.ts";
import { FigureList } from "../../../ui/figure-list.tsx";

/** Counts, pass rate, latency, tokens and cost of a run. */
export function Figures({ run, summary }: { run: RunLineFragment; summary: RunLineFragment["summary"] }) {
  const count = (value: number | null | undefined) => formatNumber(value ?? 0);
  const figures: [string, string][] = [
    ["Pass rate", typeof summary?.passRate === "number" ? percent(summary.passRate) : "—"],
    ["Passed", count(summary?.passed)],
    ["Failed", count(summary?.failed)],
    ["Errored", count(summary?.errored)],
    ["Cancelled", count(summary?.cancelled)],
    ["Under way", formatNumber((summary?.running ?? 0) + (summary?.queued ?? 0))],
    ...(run.repeat > 1 ? [["Flaky", count(summary?.flaky)] satisfies [string, string]] : []),
    ["Latency p50", ms(summary?.p50Ms)],
    ["p95", ms(summary?.p95Ms)],
    ["p99", ms(summary?.p99Ms)],
    ["Tokens in / out", `${told(summary?.inputTokens)} / ${told(summary?.outputTokens)}`],
    ["Cost", summary?.cost === null || summary?.cost === undefined ? "—" : String(Number(summary.cost))],
    ["Took", between(summary?.startedAt, summary?.finishedAt) ?? "—"],
  ];
  return (
    <Box mt="sm">
      <FigureList figures={figures} />
    </Box>
  );
}

const ms = (value: number | null | undefined) =>
  value === null || value === undefined ? "—" : shortDuration(value);
const told = (value: unknown) => (value === null || value === undefined ? "—" : formatNumber(Number(value)));
