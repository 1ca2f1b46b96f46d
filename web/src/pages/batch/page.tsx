import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { BatchUnfinishedQueryText, CancelBatchMutationText } from "../../api/graphql.generated.ts";
import { useMutationOf, useQueryOf } from "../../api/hooks.ts";
import { counted } from "../../lib/text.ts";
import { between } from "../../lib/time.ts";
import { useMayWrite } from "../../session/use-viewer.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ProgressBar } from "../../ui/progress-bar.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Empty, ErrorState, LoadingState } from "../../ui/states.tsx";
import { unfinished } from "../batches/counts.ts";
import { CountsBar } from "../batches/counts-bar.tsx";
import { BatchGraph } from "./batch-graph.tsx";
import { BatchJobs } from "./batch-jobs.tsx";
import { type Batch, useBatch } from "./use-batch.ts";

/** One batch: how far it is, its jobs, and who waits for whom. */
export function Page() {
  const { id = "" } = useParams();
  const { batch, error, isPending, refetch } = useBatch(id);
  if (batch === undefined) {
    return (
      <Stack gap="md">
        <PageHeader title="Batch" />
        {error === null ? null : <ErrorState error={error} retry={() => void refetch()} />}
        {isPending ? <LoadingState what="the batch" /> : null}
        {!isPending && error === null ? (
          <Empty title="There is no such batch">
            It may have been forgotten with the last of its jobs, or belong to another organization.
          </Empty>
        ) : null}
      </Stack>
    );
  }
  const jobs = Number(batch.progress?.jobs ?? 0);
  return (
    <Stack gap="md">
      <PageHeader
        title={batch.name === "" ? "Batch" : batch.name}
        beside={<StateBadge state={batch.completedAt === null ? "running" : "complete"} />}
        description={
          <>
            Begun <RelativeTime at={batch.createdAt} />
            {batch.completedAt === null
              ? null
              : `, took ${between(batch.createdAt, batch.completedAt) ?? "a moment"}`}
          </>
        }
        actions={<CancelAll batch={batch} />}
      />
      <Panel title="Progress">
        <Stack gap="sm">
          <ProgressBar
            label="Jobs of the batch that have ended"
            fraction={batch.progress === null || jobs === 0 ? 0 : (jobs - unfinished(batch.progress)) / jobs}
          />
          {batch.progress === null ? null : <CountsBar progress={batch.progress} />}
          <OnComplete batch={batch} />
        </Stack>
      </Panel>
      <BatchGraph id={batch.id} jobs={jobs} />
      <BatchJobs id={batch.id} />
    </Stack>
  );
}

function OnComplete({ batch: { onCompleteTask, onCompleteJobId } }: { batch: Batch }) {
  if (onCompleteTask === null) return null;
  return (
    <Group gap={6}>
      <Text size="sm">
        When all have ended: <code>{onCompleteTask}</code>
      </Text>
      {onCompleteJobId === null ? (
        <Text size="sm" c="dimmed">
          not launched yet
        </Text>
      ) : (
        <Anchor component={Link} to={`/jobs/${onCompleteJobId}`} size="sm">
          Look at its job
        </Anchor>
      )}
    </Group>
  );
}

/** Cancels what has not ended, as many as were counted; when more have come by then the API refuses. */
function CancelAll({ batch }: { batch: Batch }) {
  const mayWrite = useMayWrite();
  const [opened, setOpened] = useState(false);
  const { data, refetch } = useQueryOf(BatchUnfinishedQueryText, { id: batch.id }, { enabled: opened });
  const { mutateAsync } = useMutationOf(CancelBatchMutationText);
  const atMost = Number(data?.countMatchingJobs ?? 0);
  return (
    <>
      <Button
        color="red"
        disabled={!mayWrite || batch.progress === null || unfinished(batch.progress) === 0}
        onClick={() => {
          setOpened(true);
          void refetch();
        }}
      >
        Cancel all
      </Button>
      <ConfirmDialog
        opened={opened}
        close={() => setOpened(false)}
        title={`Cancel ${counted(atMost, "job")}?`}
        confirm={`Cancel ${counted(atMost, "job")}`}
        danger
        disabled={data === undefined || atMost === 0}
        act={() => mutateAsync({ id: batch.id, atMost })}
      >
        Jobs of this batch that have not ended. What runs is told to stop, and what it wrote is rolled back.
      </ConfirmDialog>
    </>
  );
}
