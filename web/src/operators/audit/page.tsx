import { Anchor, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { Link } from "react-router";
import { usePages } from "../../forms/use-pages.ts";
import { nodesOf } from "../../lib/nodes-of.ts";
import { shortId } from "../../lib/text.ts";
import { Answer } from "../../ui/answer.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Diff } from "../../ui/diff.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { Empty } from "../../ui/states.tsx";
import { useOperatorQuery } from "../door.ts";
import { type OperatorAuditQuery, OperatorAuditQueryText } from "../graphql.generated.ts";

type Entry = NonNullable<NonNullable<OperatorAuditQuery["auditEntries"]>["nodes"][number]>;

/** As whose an entry is kept that concerns all. */
const nobody = "00000000-0000-0000-0000-000000000000";

/** What operators did, newest first. */
export function Page() {
  const { after, more } = usePages();
  const { data, error, refetch, isFetching } = useOperatorQuery(OperatorAuditQueryText, { first: 50, after });
  const rows = useMemo(() => nodesOf(data?.auditEntries), [data]);
  return (
    <Stack gap="md">
      <PageHeader
        title="Audit"
        description="What operators changed, written in the transaction that changed it"
      />
      <Answer query={{ data, error, refetch }} what="the audit">
        {(data) => (
          <Panel title="Newest first" flush>
            <DataTable
              caption="Audit entries"
              columns={columns}
              rows={rows}
              rowId={({ id }) => id}
              empty={<Empty title="No operator has changed anything yet" />}
              more={more(data.auditEntries?.pageInfo, isFetching)}
            />
          </Panel>
        )}
      </Answer>
    </Stack>
  );
}

const columns: readonly Column<Entry>[] = [
  { id: "when", header: "When", width: "90px", cell: ({ at }) => <RelativeTime at={at} /> },
  {
    id: "who",
    header: "Operator",
    width: "18%",
    hideBelow: "sm",
    cell: ({ operator }) => operator ?? "the system",
  },
  {
    id: "action",
    header: "What",
    width: "26%",
    cell: ({ action, subject, organizationId }) => (
      <>
        <Text size="sm" fw={550}>
          {action}
        </Text>
        {organizationId === null || organizationId === nobody ? (
          <Text size="xs" c="dimmed">
            {subject}
          </Text>
        ) : (
          <Anchor component={Link} to={`/operators/organizations/${organizationId}`} size="xs">
            <code>{shortId(organizationId)}</code>
          </Anchor>
        )}
      </>
    ),
  },
  {
    id: "changes",
    header: "Before and after",
    cell: ({ before, after }) => <Diff before={before} after={after} />,
  },
];
