import { Button, Group, Stack } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link, useParams } from "react-router";
import { TestSetPageQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";
import { counted } from "../../../lib/text.ts";
import { useMayWrite } from "../../../session/use-viewer.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { PageHeader } from "../../../ui/page-header.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { Empty, ErrorState, LoadingState } from "../../../ui/states.tsx";
import { ExecuteDialog } from "../runs/execute-dialog.tsx";
import { DownloadMenu } from "../shared/download-menu.tsx";
import { useRest } from "../shared/rest.ts";
import { Drafts } from "./drafts.tsx";
import { GenerateDialog } from "./generate-dialog.tsx";
import { ImportDialog } from "./import-dialog.tsx";
import { type EditedTest, TestDialog } from "./test-dialog.tsx";

const pageSize = 100;

type Asked =
  | { what: "add" | "import" | "generate" | "execute" }
  | { what: "edit" | "remove"; test: EditedTest };

function columnsOf(mayWrite: boolean, ask: (asked: Asked) => void): Column<EditedTest>[] {
  return [
    { id: "input", header: "Input or goal", cell: (test) => test.input ?? test.goal ?? "—" },
    {
      id: "kind",
      header: "Kind",
      hideBelow: "sm",
      cell: (test) => (test.kind === "multi_turn" ? "conversation" : "single turn"),
    },
    { id: "expected", header: "Expected", hideBelow: "sm", cell: (test) => test.expected ?? "—" },
    {
      id: "labels",
      header: "Category, tags",
      hideBelow: "md",
      cell: (test) => [test.category, ...test.tags].filter(Boolean).join(", ") || "—",
    },
    { id: "version", header: "Version", align: "right", hideBelow: "md", cell: (test) => test.version },
    {
      id: "do",
      header: "Change",
      width: "130px",
      cell: (test) =>
        mayWrite ? (
          <Group gap={4} wrap="nowrap">
            <Button variant="subtle" size="compact-xs" onClick={() => ask({ what: "edit", test })}>
              Edit
            </Button>
            <Button
              variant="subtle"
              color="red"
              size="compact-xs"
              onClick={() => ask({ what: "remove", test })}
            >
              Remove
            </Button>
          </Group>
        ) : null,
    },
  ];
}

/** One test set: its tests, what models wrote for it, and what may be done with it. */
export function Page() {
  const { id = "" } = useParams();
  const [first, setFirst] = useState(pageSize);
  const [asked, setAsked] = useState<Asked>();
  const [jobId, setJobId] = useState<string>();
  const mayWrite = useMayWrite();
  const { mutateAsync } = useRest();
  const { data, error, isFetching, refetch } = useQueryOf(
    TestSetPageQueryText,
    { id, first },
    { keep: true },
  );
  const set = data?.testSet ?? undefined;
  const tests = useMemo(
    () => present(set?.testSetTests.nodes).flatMap(({ test }) => (test === null ? [] : [test])),
    [set],
  );
  const columns = useMemo(() => columnsOf(mayWrite, setAsked), [mayWrite]);
  if (error !== null) return <ErrorState error={error} retry={() => void refetch()} />;
  if (data === undefined) return <LoadingState what="the test set" />;
  if (set === undefined) return <Empty title="There is no such test set in your organization" />;

  const close = () => setAsked(undefined);
  const removed = asked?.what === "remove" ? asked.test : undefined;
  const metrics = present(set.testSetMetrics.nodes).flatMap(({ metric }) => metric?.name ?? []);
  return (
    <Stack gap="md">
      <PageHeader
        title={set.name}
        description={`${set.description}${set.description === "" ? "" : " · "}${
          metrics.length === 0
            ? "Judged by the metrics of the organization."
            : `Judged by ${metrics.join(", ")}.`
        }`}
        actions={
          <>
            {mayWrite ? <Button onClick={() => setAsked({ what: "execute" })}>Execute</Button> : null}
            <Button variant="default" component={Link} to={`/test-runs?set=${id}`}>
              Its runs
            </Button>
            <DownloadMenu path={`/test-sets/${id}/export`} name={set.name} />
          </>
        }
      />
      <Drafts testSetId={id} jobId={jobId} />
      <Panel
        title="Tests"
        flush
        description={counted(set.testSetTests.totalCount, "test")}
        actions={
          mayWrite ? (
            <Group gap="xs">
              <Button variant="default" onClick={() => setAsked({ what: "add" })}>
                Add a test
              </Button>
              <Button variant="default" onClick={() => setAsked({ what: "import" })}>
                Import a file
              </Button>
              <Button variant="default" onClick={() => setAsked({ what: "generate" })}>
                Have tests written
              </Button>
            </Group>
          ) : null
        }
      >
        <DataTable
          caption="Tests in their order"
          columns={columns}
          rows={tests}
          rowId={(test) => test.id}
          empty={<Empty title="No test yet">Add one, import a file, or have a model write drafts.</Empty>}
          more={
            set.testSetTests.pageInfo.hasNextPage
              ? { load: () => setFirst(first + pageSize), loading: isFetching }
              : undefined
          }
        />
      </Panel>
      <ExecuteDialog opened={asked?.what === "execute"} close={close} testSet={id} />
      <ImportDialog
        key={`import ${asked?.what}`}
        opened={asked?.what === "import"}
        close={close}
        testSetId={id}
      />
      <GenerateDialog opened={asked?.what === "generate"} close={close} testSetId={id} launched={setJobId} />
      <TestDialog
        key={asked?.what === "edit" ? asked.test.id : `add ${asked?.what}`}
        opened={asked?.what === "add" || asked?.what === "edit"}
        close={close}
        testSetId={id}
        test={asked?.what === "edit" ? asked.test : undefined}
      />
      <ConfirmDialog
        opened={removed !== undefined}
        close={close}
        title="Remove the test from this set?"
        confirm="Remove it"
        danger
        act={() => mutateAsync({ method: "DELETE", path: `/test-sets/${id}/tests/${removed?.id}` })}
      >
        {removed?.input ?? removed?.goal}. Runs that had it keep their copy.
      </ConfirmDialog>
    </Stack>
  );
}
