import { Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { nodesOf } from "../../lib/nodes-of.ts";
import { formatNumber, shortId } from "../../lib/text.ts";
import { shortDuration } from "../../lib/time.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Empty, ErrorState, LoadingState } from "../../ui/states.tsx";
import { useOperatorQuery } from "../door.ts";
import { type OrganizationSharesQuery, OrganizationSharesQueryText } from "../graphql.generated.ts";
import { limitsInWords } from "./limits.ts";
import { Paused } from "./paused.tsx";
import { Share } from "./share.tsx";

type Row = NonNullable<NonNullable<OrganizationSharesQuery["organizationShares"]>["nodes"][number]>;

const pageSize = 100;

/** All organizations with something to do: what waits, and what they use beside what is due to them. */
export function Page() {
  const [params, setParams] = useSearchParams();
  const search = params.get("search") ?? "";
  const [typed, setTyped] = useState(search);
  const settle = useDebouncedCallback((value: string) => {
    setParams(value.trim() === "" ? {} : { search: value.trim() }, { replace: true });
  }, 300);
  const after = params.get("after");
  const { data, error, refetch, isFetching } = useOperatorQuery(
    OrganizationSharesQueryText,
    search === "" ? { after } : { search },
  );
  const rows = useMemo(() => nodesOf(data?.organizationShares), [data]);
  const last = rows.at(-1)?.organizationId ?? null;
  return (
    <Stack gap="md">
      <PageHeader
        title="Organizations"
        description="Those with unfinished jobs, limits or a pause. The mark on a bar is the share that is due by weight."
      />
      {error === null ? null : <ErrorState error={error} retry={() => void refetch()} />}
      <Panel title={search === "" ? "With something to do" : "By name"} flush>
        <TextInput
          m="sm"
          maw={320}
          label="Search"
          placeholder="a name begins with …"
          value={typed}
          onChange={({ currentTarget: { value } }) => {
            setTyped(value);
            settle(value);
          }}
        />
        {data === undefined ? (
          error === null ? (
            <LoadingState what="the organizations" />
          ) : null
        ) : (
          <DataTable
            caption="Organizations"
            columns={columns}
            rows={rows}
            rowId={({ organizationId }) => organizationId ?? ""}
            rowHref={({ organizationId }) => `/operators/organizations/${organizationId}`}
            empty={
              <Empty title={search === "" ? "Nobody has anything to do" : "No organization's name begins so"}>
                {search === ""
                  ? "Search by name for one without work."
                  : "Names are searched from their start."}
              </Empty>
            }
            more={
              rows.length === pageSize && search === ""
                ? {
                    load: () => setParams(last === null ? {} : { after: last }),
                    loading: isFetching,
                    label: "Next page",
                  }
                : after === null
                  ? undefined
                  : { load: () => setParams({}), loading: isFetching, label: "Back to the first page" }
            }
          />
        )}
      </Panel>
    </Stack>
  );
}

const columns: readonly Column<Row>[] = [
  {
    id: "organization",
    header: "Organization",
    link: true,
    cell: (row) => (
      <>
        {row.name ?? shortId(row.organizationId ?? "")} <Paused {...row} />
      </>
    ),
  },
  {
    id: "waiting",
    header: "Waiting",
    align: "right",
    width: "90px",
    sortBy: ({ waiting }) => waiting ?? 0,
    cell: ({ waiting }) => formatNumber(waiting ?? 0),
  },
  {
    id: "oldest",
    header: "Oldest",
    align: "right",
    width: "90px",
    sortBy: ({ oldestWaitingSeconds }) => oldestWaitingSeconds ?? -1,
    cell: ({ oldestWaitingSeconds: seconds }) => (seconds === null ? "—" : shortDuration(seconds * 1_000)),
  },
  {
    id: "inFlight",
    header: "In flight",
    align: "right",
    width: "90px",
    hideBelow: "sm",
    sortBy: ({ inFlight }) => inFlight ?? 0,
    cell: ({ inFlight }) => formatNumber(inFlight ?? 0),
  },
  {
    id: "scheduled",
    header: "Scheduled",
    align: "right",
    width: "100px",
    hideBelow: "md",
    cell: ({ scheduled }) => formatNumber(scheduled ?? 0),
  },
  {
    id: "share",
    header: "Share",
    width: "20%",
    hideBelow: "sm",
    sortBy: ({ used }) => used ?? 0,
    cell: ({ used, due }) => <Share used={used} due={due} />,
  },
  {
    id: "limits",
    header: "Weight and limits",
    width: "18%",
    hideBelow: "md",
    cell: (row) => (
      <Text size="sm">
        {row.weight ?? 1}
        {limitsInWords(row) === undefined ? null : (
          <Text span c="dimmed" size="sm">{`, ${limitsInWords(row)}`}</Text>
        )}
      </Text>
    ),
  },
];
