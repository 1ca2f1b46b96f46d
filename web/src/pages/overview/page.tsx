import { Group, SegmentedControl, Stack, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import { OverviewQueryText } from "../../api/graphql.generated.ts";
import { useQueryOf } from "../../api/hooks.ts";
import { organizationOf, useViewer } from "../../session/use-viewer.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { Errors } from "./errors.tsx";
import { Figures } from "./figures.tsx";
import { StateCounts } from "./state-counts.tsx";
import { Throughput } from "./throughput.tsx";

const spans = [
  { value: "60", label: "1 hour" },
  { value: "360", label: "6 hours" },
  { value: "1440", label: "1 day" },
];

/** What the organization's jobs do: how many, how fast, and what goes wrong. */
export function Page() {
  const [minutes, setMinutes] = useState("60");
  const { data, error, refetch } = useQueryOf(
    OverviewQueryText,
    { minutes: Number(minutes) },
    { live: 2_000, keep: true },
  );
  const viewer = useViewer();
  const overview = data?.overview;
  return (
    <Stack gap="md">
      <PageHeader
        title="Overview"
        description={`The jobs of ${organizationOf(viewer)}`}
        actions={
          <Group gap="xs">
            <VisuallyHidden id="span">Time to look at</VisuallyHidden>
            <SegmentedControl
              aria-labelledby="span"
              data={spans}
              value={minutes}
              onChange={setMinutes}
              size="xs"
            />
          </Group>
        }
      />
      {error === null ? null : <ErrorState error={error} retry={() => void refetch()} />}
      {overview === undefined || overview === null ? (
        error === null ? (
          <LoadingState what="the overview" />
        ) : null
      ) : (
        <>
          <StateCounts states={overview.states} />
          <Panel title="Jobs that ended, each minute">
            <Throughput minutes={overview.perMinute} />
          </Panel>
          <Figures overview={overview} />
          <Errors errors={overview.errors} />
        </>
      )}
    </Stack>
  );
}
