import { Button, Group, NativeSelect, Stack } from "@mantine/core";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import {
  type RunLineFragment,
  TestChoicesQueryText,
  TestRunsQueryText,
} from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";
import { percent, shortId } from "../../../lib/text.ts";
import { useMayWrite } from "../../../session/use-viewer.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { PageHeader } from "../../../ui/page-header.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { RelativeTime } from "../../../ui/relative-time.tsx";
import { Empty, ErrorState, LoadingState } from "../../../ui/states.tsx";
import { toOptions } from "../shared/options.ts";
import { RunProgress } from "../shared/run-progress.tsx";
import { RunState } from "../shared/run-state.tsx";
import { useMemberName } from "../shared/use-members.ts";
import { ExecuteDialog } from "./execute-dialog.tsx";

const pageSize = 25;

function columnsOf(nameOf: (userId: string | null) => string): Column<RunLineFragment>[] {
  return [
    {
      id: "set",
      header: "Test set",
      link: true,
      cell: (run) => run.testConfiguration?.testSet?.name ?? shortId(run.id),
    },
    {
      id: "endpoint",
      header: "Endpoint",
      hideBelow: "sm",
      cell: (run) => run.testConfiguration?.endpoint?.name ?? "—",
    },
    { id: "state", header: "State", cell: (run) => <RunState state={run.summary?.state ?? "queued"} /> },
    {
      id: "progress",
      header: "Progress",
      width: "22%",
      hideBelow: "sm",
      cell: (run) => (
        <RunProgress total={run.total} counts={run.summary ?? {}} label={`Progress of ${shortId(run.id)}`} />
      ),
    },
    { id: "passed", header: "Pass rate", align: "right", cell: (run) => rate(run.summary?.passRate) },
    {
      id: "when",
      header: "When",
      hideBelow: "sm",
      cell: (run) => <RelativeTime at={run.createdAt} />,
    },
    { id: "who", header: "By", hideBelow: "md", cell: (run) => nameOf(run.userId ?? null) },
  ];
}

/** All runs, newest first. */
export function Page() {
  const [params, setParams] = useSearchParams();
  const [first, setFirst] = useState(pageSize);
  const [executing, setExecuting] = useState(false);
  const testSetId = params.get("set") ?? "";
  const filter = testSetId === "" ? undefined : { testConfiguration: { testSetId: { equalTo: testSetId } } };
  const { data, error, isFetching, refetch } = useQueryOf(
    TestRunsQueryText,
    { first, filter },
    { live: 1_000, keep: true },
  );
  const choices = useQueryOf(TestChoicesQueryText, {}).data;
  const mayWrite = useMayWrite();
  const nameOf = useMemberName();
  const runs = useMemo(() => present(data?.testRuns?.nodes), [data]);
  const columns = useMemo(() => columnsOf(nameOf), [nameOf]);
  const execute = mayWrite ? <Button onClick={() => setExecuting(true)}>Execute</Button> : null;

  return (
    <Stack gap="md">
      <PageHeader
        title="Test runs"
        description="Each executes a test set against an endpoint and judges every answer."
        actions={execute}
      />
      <Panel
        title="Runs"
        flush
        actions={
          <Group gap="xs">
            <NativeSelect
              aria-label="Runs of which test set"
              data={[{ value: "", label: "All test sets" }, ...toOptions(choices?.testSets?.nodes)]}
              value={testSetId}
              onChange={(event) =>
                setParams(event.currentTarget.value === "" ? {} : { set: event.currentTarget.value })
              }
            />
          </Group>
        }
      >
        {error !== null ? <ErrorState error={error} retry={() => void refetch()} /> : null}
        {data === undefined && error === null ? <LoadingState what="the runs" /> : null}
        {data === undefined ? null : (
          <DataTable
            caption="Test runs, newest first"
            columns={columns}
            rows={runs}
            rowId={(run) => run.id}
            rowHref={(run) => `/test-runs/${run.id}`}
            empty={
              <Empty title="No run yet" action={execute}>
                Execute a test set: every test of it becomes a job, and its verdicts land here.
              </Empty>
            }
            more={
              data.testRuns?.pageInfo.hasNextPage === true
                ? { load: () => setFirst(first + pageSize), loading: isFetching }
                : undefined
            }
          />
        )}
      </Panel>
      <ExecuteDialog
        key={String(executing)}
        opened={executing}
        close={() => setExecuting(false)}
        {...(testSetId === "" ? {} : { testSet: testSetId })}
      />
    </Stack>
  );
}

const rate = (passRate: number | null | undefined) =>
  passRate === null || passRate === undefined ? "—" : percent(passRate);
