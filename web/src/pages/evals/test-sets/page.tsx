import { Button, Stack } from "@mantine/core";
import { useMemo, useState } from "react";
import { type TestSetListQuery, TestSetListQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";
import { formatNumber } from "../../../lib/text.ts";
import { useMayWrite } from "../../../session/use-viewer.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { PageHeader } from "../../../ui/page-header.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { RelativeTime } from "../../../ui/relative-time.tsx";
import { Empty, ErrorState, LoadingState } from "../../../ui/states.tsx";
import { CreateSetDialog } from "./create-dialog.tsx";

type Line = NonNullable<NonNullable<TestSetListQuery["testSets"]>["nodes"][number]>;

const pageSize = 50;

const columns: Column<Line>[] = [
  { id: "name", header: "Name", link: true, cell: (set) => set.name },
  { id: "tests", header: "Tests", align: "right", cell: (set) => formatNumber(set.testSetTests.totalCount) },
  { id: "baseline", header: "Baseline", hideBelow: "sm", cell: (set) => (set.baselineRunId ? "set" : "—") },
  { id: "description", header: "Description", hideBelow: "md", cell: (set) => set.description || "—" },
  { id: "made", header: "Made", hideBelow: "sm", cell: (set) => <RelativeTime at={set.createdAt} /> },
];

/** All test sets of the organization, by name. */
export function Page() {
  const [first, setFirst] = useState(pageSize);
  const [creating, setCreating] = useState(false);
  const { data, error, isFetching, refetch } = useQueryOf(TestSetListQueryText, { first }, { keep: true });
  const rows = useMemo(() => present(data?.testSets?.nodes), [data]);
  const create = useMayWrite() ? <Button onClick={() => setCreating(true)}>Create a test set</Button> : null;
  return (
    <Stack gap="md">
      <PageHeader
        title="Test sets"
        description="Named lists of tests: questions, and conversations with a goal."
        actions={create}
      />
      <Panel title="Sets" flush>
        {error === null ? null : <ErrorState error={error} retry={() => void refetch()} />}
        {data === undefined && error === null ? <LoadingState what="the test sets" /> : null}
        {data === undefined ? null : (
          <DataTable
            caption="Test sets by name"
            columns={columns}
            rows={rows}
            rowId={(set) => set.id}
            rowHref={(set) => `/test-sets/${set.id}`}
            empty={
              <Empty title="No test set yet" action={create}>
                Create one, then add tests by hand, import a file, or have a model write drafts.
              </Empty>
            }
            more={
              data.testSets?.pageInfo.hasNextPage === true
                ? { load: () => setFirst(first + pageSize), loading: isFetching }
                : undefined
            }
          />
        )}
      </Panel>
      <CreateSetDialog key={String(creating)} opened={creating} close={() => setCreating(false)} />
    </Stack>
  );
}
