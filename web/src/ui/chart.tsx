import { Button, Group, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { lazy, Suspense, useState } from "react";
import { formatNumber } from "../lib/text.ts";
import { clockTime } from "../lib/time.ts";
import classes from "./chart.module.css";
import type { Series } from "./series.ts";

export type ChartProps = {
  /** What it shows, in words: its name for screen readers. */
  label: string;
  /** Moments in ms, ascending. */
  times: readonly number[];
  series: readonly Series[];
  height?: number;
};

const ChartCanvas = lazy(() => import("./chart-canvas.tsx"));

/** Values over time, stacked; the same numbers as a table for whoever cannot see it or wants them exactly. */
export function Chart({ label, times, series, height = 180 }: ChartProps) {
  const [asTable, setAsTable] = useState(false);
  const { ref, width } = useElementSize();
  const scheme = useComputedColorScheme("light");
  return (
    <figure className={classes.figure} aria-label={label}>
      <Group justify="space-between" gap="xs" mb={4}>
        <Group component="figcaption" gap="md">
          {series.map((one) => (
            <span key={one.label} className={classes.key}>
              <span className={classes.swatch} style={{ background: one.color[scheme] }} aria-hidden />
              {one.label}
            </span>
          ))}
        </Group>
        <Button
          variant="subtle"
          size="compact-xs"
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? "As a chart" : "As a table"}
        </Button>
      </Group>
      {asTable ? (
        <ValueTable label={label} times={times} series={series} />
      ) : (
        <div ref={ref} style={{ height }} aria-hidden>
          <Suspense fallback={null}>
            {width > 0 ? <ChartCanvas {...{ times, series, scheme, width, height }} /> : null}
          </Suspense>
        </div>
      )}
    </figure>
  );
}

function ValueTable({ label, times, series }: ChartProps) {
  // Moments at which nothing was are left out: of an hour, most often most.
  const indexes = times
    .map((_, index) => index)
    .filter((index) => series.some(({ values }) => values[index]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it
    <section className={classes.values} aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">At</th>
            {series.map((one) => (
              <th key={one.label} scope="col">
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {indexes.toReversed().map((index) => (
            <tr key={times[index]}>
              <th scope="row">{clockTime(times[index] ?? 0)}</th>
              {series.map((one) => (
                <td key={one.label}>{formatNumber(one.values[index] ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {indexes.length === 0 ? "Nothing in this time." : null}
    </section>
  );
}
