import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import { counted, shortId } from "../../lib/text.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import type { WorkersQuery } from "../graphql.generated.ts";

type Hold = NonNullable<
  NonNullable<NonNullable<NonNullable<WorkersQuery["workers"]>["nodes"][number]>["holds"]>[number]
>;

/** What a worker has in hand, longest first. */
export function Holds({ worker, holds }: { worker: string; holds: readonly (Hold | null)[] }) {
  const rows = holds.filter((hold) => hold !== null);
  return (
    <Panel title={`${worker} holds ${counted(rows.length, "job")}`} flush>
      <DataTable
        caption={`Jobs in the hands of ${worker}`}
        columns={columns}
        rows={rows}
        rowId={({ jobId }) => jobId ?? ""}
      />
    </Panel>
  );
}

const columns: readonly Column<Hold>[] = [
  {
    id: "state",
    header: "State",
    width: "112px",
    cell: ({ state }) => <StateBadge state={state ?? "queued"} />,
  },
  { id: "task", header: "Task", cell: ({ task }) => task },
  {
    id: "job",
    header: "Job",
    width: "22%",
    hideBelow: "sm",
    cell: ({ jobId, attempt }) => (
      <>
        <code>{shortId(jobId ?? "")}</code>{" "}
        <Text span size="xs" c="dimmed">
          attempt {attempt}
        </Text>
      </>
    ),
  },
  {
    id: "organization",
    header: "Organization",
    width: "22%",
    cell: ({ organizationId }) => (
      <Anchor component={Link} to={`/operators/organizations/${organizationId}`} size="sm">
        <code>{shortId(organizationId ?? "")}</code>
      </Anchor>
    ),
  },
  { id: "since", header: "Since", width: "100px", cell: ({ since }) => <RelativeTime at={since} /> },
];
