import { Badge, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { nodesOf } from "../../lib/nodes-of.ts";
import { counted } from "../../lib/text.ts";
import { Answer } from "../../ui/answer.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { Empty } from "../../ui/states.tsx";
import { useOperatorQuery } from "../door.ts";
import { type WorkersQuery, WorkersQueryText } from "../graphql.generated.ts";
import { Holds } from "./holds.tsx";

type Worker = NonNullable<NonNullable<WorkersQuery["workers"]>["nodes"][number]>;

/** Who works, and on what. */
export function Page() {
  const { data, error, refetch } = useOperatorQuery(WorkersQueryText, {});
  const rows = useMemo(
    () =>
      nodesOf(data?.workers).toSorted(
        (a, b) => Number(b.alive) - Number(a.alive) || ((a.startedAt ?? "") < (b.startedAt ?? "") ? 1 : -1),
      ),
    [data],
  );
  return (
    <Stack gap="md">
      <PageHeader
        title="Workers"
        description="A worker that is killed is noticed by its connection, and its jobs run again."
      />
      <Answer query={{ data, error, refetch }} what="the workers">
        {() => (
          <>
            <Panel title="All workers" flush>
              <DataTable
                caption="Workers"
                columns={columns}
                rows={rows}
                rowId={({ id }) => id ?? ""}
                empty={
                  <Empty title="No worker is here">
                    Jobs wait until one comes: start it with <code>rowlock worker</code>.
                  </Empty>
                }
              />
            </Panel>
            {rows
              .filter(({ holds }) => (holds ?? []).length > 0)
              .map(({ id, host, pid, holds }) => (
                <Holds key={id} worker={`${host} ${pid}`} holds={holds ?? []} />
              ))}
          </>
        )}
      </Answer>
    </Stack>
  );
}

const columns: readonly Column<Worker>[] = [
  {
    id: "worker",
    header: "Worker",
    cell: ({ host, pid, version }) => (
      <>
        {host} <code>{pid}</code>{" "}
        <Text span size="xs" c="dimmed">
          {version}
        </Text>
      </>
    ),
  },
  {
    id: "alive",
    header: "State",
    width: "90px",
    cell: ({ alive }) => <Badge color={alive ? "indigo" : "gray"}>{alive ? "alive" : "gone"}</Badge>,
  },
  {
    id: "running",
    header: "Hands taken",
    align: "right",
    width: "120px",
    cell: ({ running, concurrency }) => `${running} of ${concurrency}`,
  },
  {
    id: "pool",
    header: "Waits for a connection",
    align: "right",
    width: "180px",
    hideBelow: "md",
    cell: ({ poolWaiting }) => counted(poolWaiting ?? 0, "job"),
  },
  {
    id: "started",
    header: "Started",
    width: "100px",
    hideBelow: "md",
    cell: ({ startedAt }) => <RelativeTime at={startedAt} />,
  },
  {
    id: "seen",
    header: "Seen",
    width: "90px",
    hideBelow: "sm",
    cell: ({ seenAt }) => <RelativeTime at={seenAt} />,
  },
];
