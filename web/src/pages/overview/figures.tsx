import { Text } from "@mantine/core";
import type { OverviewQuery } from "../../api/graphql.generated.ts";
import { shortDuration } from "../../lib/time.ts";
import { Panel } from "../../ui/panel.tsx";
import classes from "./overview.module.css";

type Overview = NonNullable<OverviewQuery["overview"]>;
type Percentiles = Overview["wait"];

/** How long jobs wait and run, and what has waited longest. */
export function Figures({ overview }: { overview: Overview }) {
  const { wait, run, oldestWaitingSeconds: oldest } = overview;
  return (
    <div className={classes.figures}>
      <PercentilePanel title="Wait" description="from being due to being begun" values={wait} />
      <PercentilePanel title="Run" description="from being begun to the end" values={run} />
      <Panel title="Oldest waiting" description="due, and not begun yet">
        <Text className={classes.number ?? ""}>
          {oldest === null ? "none waits" : shortDuration(oldest * 1_000)}
        </Text>
      </Panel>
    </div>
  );
}

function PercentilePanel(props: { title: string; description: string; values: Percentiles }) {
  const { title, description, values } = props;
  const rows = [
    ["half within", values.p50],
    ["95 % within", values.p95],
    ["99 % within", values.p99],
  ] as const;
  return (
    <Panel title={title} description={description}>
      <dl className={classes.percentiles}>
        {rows.map(([label, ms]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{ms === null ? "—" : shortDuration(ms)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
