import { Stack } from "@mantine/core";
import { useMemo } from "react";
import { type BatchesQuery, BatchesQueryText } from "../../api/graphql.generated.ts";
import { useQueryOf } from "../../api/hooks.ts";
import { usePages } from "../../forms/use-pages.ts";
import { nodesOf } from "../../lib/nodes-of.ts";
import { formatNumber } from "../../lib/text.ts";
import { Answer } from "../../ui/answer.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Empty } from "../../ui/states.tsx";
import { CountsBar } from "./counts-bar.tsx";

type Batch = NonNullable<NonNullable<BatchesQuery["batches"]>["nodes"][number]>;

const columns: readonly Column<Batch>[] = [
  { id: "name", header: "Batch", link: true, cell: ({ id, name }) => (name === "" ? id : name) },
  {
    id: "state",
    header: "State",
    width: "110px",
    cell: ({ completedAt }) => <StateBadge state={completedAt === null ? "running" : "complete"} />,
  },
  {
    id: "progress",
    header: "Jobs by state",
    width: "38%",
    hideBelow: "sm",
    cell: ({ progress }) => (progress === null ? null : <CountsBar progress={progress} />),
  },
  {
    id: "jobs",
    header: "Jobs",
    align: "right",
    width: "80px",
    cell: ({ progress }) => formatNumber(Number(progress?.jobs ?? 0)),
  },
  {
    id: "created",
    header: "Begun",
    width: "100px",
    hideBelow: "md",
    cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
  },
];

/** Jobs that belong together, newest first. */
export function Page() {
  const { after, more } = usePages();
  const { data, error, refetch, isFetching } = useQueryOf(
    BatchesQueryText,
    { first: 50, after },
    { live: 1_000, keep: true },
  );
  const rows = useMemo(() => nodesOf(data?.batches), [data]);
  return (
    <Stack gap="md">
      <PageHeader
        title="Batches"
        description="Jobs that belong together, and one that runs when all have ended."
      />
      <Answer query={{ data, error, refetch }} what="the batches">
        {(data) => (
          <Panel title="Newest batches" flush>
            <DataTable
              caption="Batches"
              columns={columns}
              rows={rows}
              rowId={({ id }) => id}
              rowHref={({ id }) => `/batches/${id}`}
              empty={
                <Empty title="No batch yet">
                  An application makes one with <code>launchBatch</code>; a test run is one too.
                </Empty>
              }
              more={more(data.batches?.pageInfo, isFetching)}
            />
          </Panel>
        )}
      </Answer>
    </Stack>
  );
}
