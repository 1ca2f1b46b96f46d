import { Anchor, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { Link } from "react-router";
import { type AuditQuery, AuditQueryText } from "../../api/graphql.generated.ts";
import { useQueryOf } from "../../api/hooks.ts";
import { usePages } from "../../forms/use-pages.ts";
import { nodesOf } from "../../lib/nodes-of.ts";
import { useIsAdmin, useViewer } from "../../session/use-viewer.ts";
import { Answer } from "../../ui/answer.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Diff } from "../../ui/diff.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { Empty } from "../../ui/states.tsx";

type Entry = NonNullable<NonNullable<AuditQuery["auditEntries"]>["nodes"][number]>;

/** What people, keys and operators did, newest first. */
export function Page() {
  const viewer = useViewer();
  const isAdmin = useIsAdmin();
  const { after, more } = usePages();
  const { data, error, refetch, isFetching } = useQueryOf(
    AuditQueryText,
    { first: 50, after },
    { live: 3_000, keep: true },
  );
  const columns = useMemo(
    () =>
      columnsOf(
        new Map((data?.memberships?.nodes ?? []).map((one) => [one?.userId ?? "", one?.user?.email ?? ""])),
      ),
    [data?.memberships],
  );
  const rows = useMemo(() => nodesOf(data?.auditEntries), [data]);
  return (
    <Stack gap="md">
      <PageHeader
        title="Audit"
        description="Written in the transaction that did it: what was rolled back is not here, and nothing is done without an entry."
      />
      <Answer query={{ data, error, refetch }} what="the audit">
        {(data) => (
          <Panel title="Newest first" flush>
            <DataTable
              caption="Audit entries"
              columns={columns}
              rows={rows}
              rowId={({ id }) => id}
              empty={
                viewer === undefined || isAdmin ? (
                  <Empty title="Nothing was done yet" />
                ) : (
                  <Empty title="Administrators read the audit">
                    Your role is {viewer.role}: ask an administrator of the organization.
                  </Empty>
                )
              }
              more={more(data.auditEntries?.pageInfo, isFetching)}
            />
          </Panel>
        )}
      </Answer>
    </Stack>
  );
}

function columnsOf(names: ReadonlyMap<string, string>): readonly Column<Entry>[] {
  return [
    { id: "when", header: "When", width: "90px", cell: ({ at }) => <RelativeTime at={at} /> },
    {
      id: "who",
      header: "Who",
      width: "20%",
      hideBelow: "sm",
      cell: ({ userId, apiKeyId, operator, source, jobId }) => (
        <>
          <Text size="sm">
            {operator === null
              ? userId === null
                ? "the system"
                : (names.get(userId) ?? userId)
              : `operator ${operator}`}
          </Text>
          <Text size="xs" c="dimmed">
            {apiKeyId === null ? "" : "by an API key, "}
            {jobId === null ? (
              source
            ) : (
              <Anchor component={Link} to={`/jobs/${jobId}`} size="xs">
                by a job
              </Anchor>
            )}
          </Text>
        </>
      ),
    },
    {
      id: "action",
      header: "What",
      width: "24%",
      cell: ({ action, subject }) => (
        <>
          <Text size="sm" fw={550}>
            {action}
          </Text>
          <Text size="xs" c="dimmed">
            {subject}
          </Text>
        </>
      ),
    },
    {
      id: "changes",
      header: "Before and after",
      cell: ({ before, after }) => <Diff before={before} after={after} />,
    },
  ];
}
