import { notifications } from "@mantine/notifications";
import {
  CancelJobsMutationText,
  CountMatchingJobsQueryText,
  RetryJobsMutationText,
} from "../../api/graphql.generated.ts";
import { useMutationOf, useQueryOf } from "../../api/hooks.ts";
import { counted } from "../../lib/text.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { ErrorState } from "../../ui/states.tsx";
import type { Bulk } from "./bulk-bar.tsx";

/** Counts what would be taken and asks; the API refuses when meanwhile more would be. */
export function BulkDialog({ bulk, close, done }: { bulk: Bulk; close(): void; done(): void }) {
  const { verb, match } = bulk;
  const { data, error } = useQueryOf(CountMatchingJobsQueryText, match);
  const retry = useMutationOf(RetryJobsMutationText);
  const cancel = useMutationOf(CancelJobsMutationText);
  const count = data?.countMatchingJobs === undefined ? undefined : Number(data.countMatchingJobs);
  const jobs = count === undefined ? "…" : counted(count, "job");

  async function act(): Promise<void> {
    const atMost = count ?? 0;
    // What was cancelled has no error, so that its mutation knows no fingerprint.
    const { errorFingerprint: _, ...without } = { errorFingerprint: undefined, ...match };
    const answer =
      verb === "Retry"
        ? (await retry.mutateAsync({ input: { ...match, atMost } })).retryJobs
        : (await cancel.mutateAsync({ input: { ...without, atMost } })).cancelJobs;
    const took = counted(answer?.result?.jobs ?? 0, "job");
    notifications.show({
      message: verb === "Retry" ? `${took} run again.` : `${took} cancelled or told to stop.`,
    });
    done();
  }

  return (
    <ConfirmDialog
      opened
      close={close}
      title={`${verb} ${jobs}?`}
      confirm={`${verb} ${jobs}`}
      danger={verb === "Cancel"}
      disabled={count === undefined || count === 0}
      act={act}
    >
      {error === null ? null : <ErrorState error={error} />}
      {count === 0
        ? verb === "Retry"
          ? "None of them has failed or been cancelled."
          : "None of them is unfinished."
        : verb === "Retry"
          ? "They run again as the same jobs, their attempts counted anew."
          : "Those not begun are cancelled at once; those at work are told to stop, and what they wrote is rolled back."}
    </ConfirmDialog>
  );
}
