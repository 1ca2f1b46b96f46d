import { Chart } from "../../ui/chart.tsx";

type Minute = { minute: string; succeeded: number; failed: number; cancelled: number };

const colors = {
  failed: { light: "#e03131", dark: "#ff6b6b" },
  cancelled: { light: "#adb5bd", dark: "#6b7480" },
  succeeded: { light: "#5aa97a", dark: "#4d9b6d" },
};

/** Jobs by how they ended; failed ones at the top of each bar, where they are seen. */
export function Throughput({ minutes }: { minutes: readonly Minute[] }) {
  const series = (["failed", "cancelled", "succeeded"] as const).map((label) => ({
    label,
    color: colors[label],
    values: minutes.map((minute) => minute[label]),
  }));
  return (
    <Chart
      label="Jobs that ended in each minute, by how"
      times={minutes.map(({ minute }) => Date.parse(minute))}
      series={series}
    />
  );
}
