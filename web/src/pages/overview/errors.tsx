import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import type { OverviewQuery } from "../../api/graphql.generated.ts";
import { counted } from "../../lib/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { Empty } from "../../ui/states.tsx";

type Failure = NonNullable<OverviewQuery["overview"]>["errors"][number];

const columns: readonly Column<Failure>[] = [
  {
    id: "error",
    header: "Error of the newest",
    link: true,
    cell: ({ code, message }) => (
      <>
        <Text span size="sm" fw={600} c="var(--mantine-color-error)">
          {code}
        </Text>{" "}
        <Text span size="sm" fw={400}>
          {message}
        </Text>
      </>
    ),
  },
  { id: "task", header: "Task", cell: ({ task }) => task, width: "18%", hideBelow: "sm" },
  {
    id: "last",
    header: "Last",
    cell: ({ lastAt }) => <RelativeTime at={lastAt} />,
    width: "110px",
    hideBelow: "sm",
  },
  {
    id: "jobs",
    header: "Alike",
    align: "right",
    width: "110px",
    cell: ({ fingerprint, jobs }) => (
      <Anchor component={Link} to={`/jobs?state=failed&error=${encodeURIComponent(fingerprint)}`} size="sm">
        {counted(jobs, "job")}
      </Anchor>
    ),
  },
];

/** Failed jobs whose errors are alike, as one: its newest job says why, the count leads to all of them. */
export function Errors({ errors }: { errors: readonly Failure[] }) {
  return (
    <Panel
      title="Why jobs failed"
      description="Errors that differ only in numbers, ids and quoted texts are one."
      flush
    >
      <DataTable
        caption="Errors of failed jobs"
        columns={columns}
        rows={errors}
        rowId={({ fingerprint }) => fingerprint}
        rowHref={({ lastJobId }) => `/jobs/${lastJobId}`}
        empty={<Empty title="No job failed in this time" />}
      />
    </Panel>
  );
}
