import { Button, Group, Stack } from "@mantine/core";
import { useMemo, useState } from "react";
import { EndpointListQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";
import { shortDuration } from "../../../lib/time.ts";
import { useMayWrite } from "../../../session/use-viewer.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { PageHeader } from "../../../ui/page-header.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { Empty, ErrorState, LoadingState } from "../../../ui/states.tsx";
import { EndpointDialog } from "./endpoint-dialog.tsx";
import { type EndpointLine, secretsOf } from "./endpoint-values.ts";
import { TryPanel } from "./try-panel.tsx";

type Asked = { what: "create" } | { what: "edit"; endpoint: EndpointLine };

function columnsOf(
  mayWrite: boolean,
  ask: (asked: Asked) => void,
  tryOut: (endpoint: EndpointLine) => void,
): Column<EndpointLine>[] {
  return [
    { id: "name", header: "Name", cell: (endpoint) => <strong>{endpoint.name}</strong> },
    {
      id: "url",
      header: "Calls",
      hideBelow: "sm",
      cell: (endpoint) =>
        endpoint.kind === "model"
          ? `the model ${endpoint.model?.name}`
          : `${endpoint.method} ${endpoint.url}`,
    },
    {
      id: "auth",
      header: "Says it is",
      hideBelow: "md",
      cell: (endpoint) => (Object(endpoint.auth) as { type?: string }).type ?? "none",
    },
    {
      id: "bounds",
      header: "Timeout, attempts",
      hideBelow: "md",
      cell: (endpoint) => `${shortDuration(endpoint.timeoutMs)}, ${endpoint.maxAttempts}`,
    },
    {
      id: "do",
      header: "Change",
      width: "130px",
      cell: (endpoint) =>
        mayWrite && endpoint.kind !== "model" ? (
          <Group gap={4} wrap="nowrap">
            <Button variant="subtle" size="compact-xs" onClick={() => tryOut(endpoint)}>
              Try it
            </Button>
            <Button variant="subtle" size="compact-xs" onClick={() => ask({ what: "edit", endpoint })}>
              Edit
            </Button>
          </Group>
        ) : null,
    },
  ];
}

/** The products under test: how each is called, and what it answers now. */
export function Page() {
  const [first, setFirst] = useState(50);
  const [asked, setAsked] = useState<Asked>();
  const [tried, setTried] = useState<EndpointLine>();
  const mayWrite = useMayWrite();
  const { data, error, isFetching, refetch } = useQueryOf(EndpointListQueryText, { first }, { keep: true });
  const rows = useMemo(() => present(data?.endpoints?.nodes), [data]);
  const columns = useMemo(() => columnsOf(mayWrite, setAsked, setTried), [mayWrite]);
  const create = mayWrite ? (
    <Button onClick={() => setAsked({ what: "create" })}>Create an endpoint</Button>
  ) : null;
  const edited = asked?.what === "edit" ? asked.endpoint : undefined;
  return (
    <Stack gap="md">
      <PageHeader
        title="Endpoints"
        description="The products under test: where each is reached, and where its answer has the output."
        actions={create}
      />
      {tried === undefined ? null : (
        <TryPanel key={tried.id} endpoint={tried} close={() => setTried(undefined)} />
      )}
      <Panel title="All endpoints" flush>
        {error === null ? null : <ErrorState error={error} retry={() => void refetch()} />}
        {data === undefined && error === null ? <LoadingState what="the endpoints" /> : null}
        {data === undefined ? null : (
          <DataTable
            caption="Endpoints"
            columns={columns}
            rows={rows}
            rowId={(endpoint) => endpoint.id}
            empty={
              <Empty title="No endpoint yet" action={create}>
                Say where your AI product is reached, and what to send it.
              </Empty>
            }
            more={
              data.endpoints?.pageInfo.hasNextPage === true
                ? { load: () => setFirst(first + 50), loading: isFetching }
                : undefined
            }
          />
        )}
      </Panel>
      <EndpointDialog
        key={edited?.id ?? asked?.what ?? "none"}
        opened={asked !== undefined}
        close={() => setAsked(undefined)}
        endpoint={edited}
        stored={secretsOf(edited)}
      />
    </Stack>
  );
}
