import { Anchor, Button, Group, Text } from "@mantine/core";
import { useEffect, useMemo } from "react";
import { Link } from "react-router";
import {
  GenerationJobQueryText,
  type TestSetDraftsQuery,
  TestSetDraftsQueryText,
} from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";
import { counted } from "../../../lib/text.ts";
import { useMayWrite } from "../../../session/use-viewer.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { useSelection } from "../../../ui/selection.ts";
import { StateBadge } from "../../../ui/state-badge.tsx";
import { Empty } from "../../../ui/states.tsx";
import { tellRefusal } from "../shared/notify.ts";
import { useRest } from "../shared/rest.ts";

type Draft = NonNullable<NonNullable<TestSetDraftsQuery["testDrafts"]>["nodes"][number]>;

const columns: Column<Draft>[] = [
  { id: "input", header: "Input", cell: (draft) => draft.input },
  { id: "expected", header: "Expected", hideBelow: "sm", cell: (draft) => draft.expected ?? "—" },
  { id: "category", header: "Category", hideBelow: "md", cell: (draft) => draft.category ?? "—" },
  { id: "source", header: "From", hideBelow: "md", cell: (draft) => draft.source ?? "—" },
];

/** What models wrote and nobody has decided on; nothing when there is none and none is being written. */
export function Drafts({ testSetId, jobId }: { testSetId: string; jobId: string | undefined }) {
  const { data, refetch } = useQueryOf(TestSetDraftsQueryText, { id: testSetId }, { live: 1_000 });
  const job = useQueryOf(
    GenerationJobQueryText,
    { id: jobId ?? "" },
    { enabled: jobId !== undefined, live: true },
  ).data?.job;
  const selection = useSelection();
  const mayWrite = useMayWrite();
  const { mutateAsync, isPending } = useRest<{ drafts: number }>();
  const drafts = useMemo(() => present(data?.testDrafts?.nodes), [data]);
  const state = job?.state;
  useEffect(() => {
    if (state !== undefined) void refetch();
  }, [state, refetch]);
  if (drafts.length === 0 && jobId === undefined) return null;

  async function decide(decision: "accept" | "reject"): Promise<void> {
    const ids = [...selection.ids];
    try {
      await mutateAsync({
        method: "POST",
        path: `/test-sets/${testSetId}/drafts/${decision}`,
        json: ids.length === 0 ? {} : { ids },
      });
      selection.clear();
    } catch (error) {
      tellRefusal("Not decided", error);
    }
  }

  const many =
    selection.ids.size === 0 ? `all ${data?.testDrafts?.totalCount ?? 0}` : `${selection.ids.size}`;
  return (
    <Panel
      title="Drafts"
      flush
      description={
        <Group gap="xs">
          {counted(data?.testDrafts?.totalCount ?? 0, "draft")} to decide on; no run has them before.
          {job === null || job === undefined ? null : (
            <>
              <StateBadge state={job.state} />
              <Anchor component={Link} to={`/jobs/${job.id}`} size="sm">
                The job that writes them
              </Anchor>
              {job.errorMessage === null ? null : <Text size="sm">{job.errorMessage}</Text>}
            </>
          )}
        </Group>
      }
      actions={
        mayWrite && drafts.length > 0 ? (
          <Group gap="xs">
            <Button loading={isPending} onClick={() => void decide("accept")}>{`Accept ${many}`}</Button>
            <Button variant="default" loading={isPending} onClick={() => void decide("reject")}>
              {`Reject ${many}`}
            </Button>
          </Group>
        ) : null
      }
    >
      <DataTable
        caption="Drafts to decide on"
        columns={columns}
        rows={drafts}
        rowId={(draft) => draft.id}
        selection={selection}
        empty={<Empty title="None yet">They land here as the model writes them.</Empty>}
      />
    </Panel>
  );
}
