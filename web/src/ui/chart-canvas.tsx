import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { Series } from "./series.ts";

const inks = { light: { text: "#59616b", line: "#e3e6ea" }, dark: { text: "#a3abb5", line: "#2c323b" } };

/** The drawn part of a `Chart`; a chunk of its own, since uPlot is needed where a chart is only. */
export default function ChartCanvas(props: {
  times: readonly number[];
  series: readonly Series[];
  scheme: "light" | "dark";
  width: number;
  height: number;
}) {
  const { times, series, scheme, width, height } = props;
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data = stacked(times, series);
  const latest = useRef(data);
  latest.current = data;
  const shape = JSON.stringify(series.map(({ label, color }) => [label, color[scheme]]));

  useEffect(() => {
    if (target.current === null) return undefined;
    const made = new uPlot(optionsOf(JSON.parse(shape), scheme), latest.current, target.current);
    plot.current = made;
    return () => made.destroy();
  }, [shape, scheme]);
  useEffect(() => {
    plot.current?.setSize({ width, height });
    plot.current?.setData(data);
  });

  return <div ref={target} />;
}

/** Each series on top of those after it, the largest drawn first. */
function stacked(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  const sums = series.map((_, from) =>
    times.map((__, at) => series.slice(from).reduce((sum, { values }) => sum + (values[at] ?? 0), 0)),
  );
  return [times.map((time) => time / 1_000), ...sums];
}

function optionsOf(lines: readonly [string, string][], scheme: "light" | "dark"): uPlot.Options {
  const ink = inks[scheme];
  const axis: uPlot.Axis = {
    stroke: ink.text,
    font: "11px system-ui, sans-serif",
    grid: { stroke: ink.line, width: 1 },
    ticks: { show: false },
  };
  const bars = uPlot.paths.bars?.({ size: [0.8, 24], radius: 0.15 });
  return {
    width: 300,
    height: 150,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
    axes: [
      { ...axis, space: 70, size: 26, values: hours },
      { ...axis, size: 44, values: whole, space: 30 },
    ],
    series: [
      {},
      ...lines.map(([label, color]) => ({
        label,
        fill: color,
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      })),
    ],
  };
}

const hourFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const hours = (_: uPlot, seconds: number[]) => seconds.map((second) => hourFormat.format(second * 1_000));
const whole = (_: uPlot, values: number[]) =>
  values.map((value) => (Number.isInteger(value) ? String(value) : ""));
