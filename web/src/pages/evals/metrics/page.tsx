import { Button, Stack } from "@mantine/core";
import { useMemo, useState } from "react";
import { MetricListQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";
import { useMayWrite } from "../../../session/use-viewer.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { PageHeader } from "../../../ui/page-header.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { Empty, ErrorState, LoadingState } from "../../../ui/states.tsx";
import { kinds } from "./kinds.ts";
import { MetricDialog, type MetricLine } from "./metric-dialog.tsx";

type Asked = { metric: MetricLine | undefined };

function columnsOf(mayWrite: boolean, ask: (asked: Asked) => void): Column<MetricLine>[] {
  return [
    {
      id: "name",
      header: "Name",
      cell: (metric) => <strong>{metric.name}</strong>,
      sortBy: ({ name }) => name,
    },
    { id: "kind", header: "Kind", cell: (metric) => metric.kind, sortBy: ({ kind }) => kind },
    {
      id: "passes",
      header: "Passes when",
      hideBelow: "sm",
      cell: (metric) => kinds[metric.kind]?.passes ?? "—",
    },
    {
      id: "parameters",
      header: "Parameters",
      hideBelow: "md",
      cell: (metric) => <code>{JSON.stringify(metric.parameters)}</code>,
    },
    {
      id: "judge",
      header: "Judge",
      hideBelow: "md",
      cell: (metric) =>
        metric.model?.name ??
        (["numeric", "categorical", "goal"].includes(metric.kind) ? "the default model" : "code"),
    },
    {
      id: "do",
      header: "Change",
      width: "80px",
      cell: (metric) =>
        mayWrite ? (
          <Button variant="subtle" size="compact-xs" onClick={() => ask({ metric })}>
            Edit
          </Button>
        ) : null,
    },
  ];
}

/** The rules that judge outputs. */
export function Page() {
  const [asked, setAsked] = useState<Asked>();
  const mayWrite = useMayWrite();
  const { data, error, refetch } = useQueryOf(MetricListQueryText, {});
  const rows = useMemo(() => present(data?.metrics?.nodes), [data]);
  const columns = useMemo(() => columnsOf(mayWrite, setAsked), [mayWrite]);
  const create = mayWrite ? (
    <Button onClick={() => setAsked({ metric: undefined })}>Create a metric</Button>
  ) : null;
  return (
    <Stack gap="md">
      <PageHeader
        title="Metrics"
        description="Rules that judge one output: passed or failed, with a reason."
        actions={create}
      />
      <Panel title="All metrics" flush>
        {error === null ? null : <ErrorState error={error} retry={() => void refetch()} />}
        {data === undefined && error === null ? <LoadingState what="the metrics" /> : null}
        {data === undefined ? null : (
          <DataTable
            caption="Metrics"
            columns={columns}
            rows={rows}
            rowId={(metric) => metric.id}
            empty={
              <Empty title="No metric yet" action={create}>
                Say what makes an answer good: a text in it, a number, a schema, or a model's judgement.
              </Empty>
            }
          />
        )}
      </Panel>
      <MetricDialog
        key={asked === undefined ? "none" : (asked.metric?.id ?? "new")}
        opened={asked !== undefined}
        close={() => setAsked(undefined)}
        metric={asked?.metric}
      />
    </Stack>
  );
}
