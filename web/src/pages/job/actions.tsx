import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { toApiError } from "../../api/api-error.ts";
import { CancelJobMutationText, RetryJobMutationText } from "../../api/graphql.generated.ts";
import { useMutationOf } from "../../api/hooks.ts";
import { useMayWrite } from "../../session/use-viewer.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { LaunchDialog } from "../launch/launch-dialog.tsx";
import { hasEnded, type Job } from "./types.ts";

/** Retry, cancel, run again: what the state and the viewer's role allow. */
export function Actions({ job }: { job: Job }) {
  const mayWrite = useMayWrite();
  const retry = useMutationOf(RetryJobMutationText);
  const cancel = useMutationOf(CancelJobMutationText);
  const [cancelling, cancelDialog] = useDisclosure(false);
  const [again, againDialog] = useDisclosure(false);
  if (!mayWrite) return null;
  const { id, task, state, key, priority, tags, payload, cancelRequestedAt } = job;

  async function retryNow(): Promise<void> {
    try {
      await retry.mutateAsync({ id });
      notifications.show({ message: "The job runs again." });
    } catch (refused) {
      const { code, message } = toApiError(refused);
      notifications.show({ color: "red", title: code, message });
    }
  }

  return (
    <>
      {state === "failed" || state === "cancelled" ? (
        <Button onClick={() => void retryNow()} loading={retry.isPending}>
          Retry
        </Button>
      ) : null}
      {hasEnded(job) ? null : (
        <Button variant="default" onClick={cancelDialog.open} disabled={cancelRequestedAt !== null}>
          {cancelRequestedAt === null ? "Cancel" : "Being cancelled"}
        </Button>
      )}
      <Button variant="default" onClick={againDialog.open}>
        Run again with …
      </Button>
      <ConfirmDialog
        opened={cancelling}
        close={cancelDialog.close}
        title="Cancel 1 job?"
        confirm="Cancel 1 job"
        danger
        act={() => cancel.mutateAsync({ id })}
      >
        {state === "running" ? "It is told to stop, and what it wrote is rolled back." : "It has not begun."}
      </ConfirmDialog>
      <LaunchDialog
        opened={again}
        close={againDialog.close}
        title={`Run ${task} again`}
        initial={{
          task,
          payload: JSON.stringify(payload, null, 2),
          // An unfinished job with this key would be returned instead of a new one.
          key: hasEnded(job) ? (key ?? "") : "",
          priority,
          tags: [...tags],
        }}
      />
    </>
  );
}
