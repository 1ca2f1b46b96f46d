import { useEffect } from "react";
import { type BatchQuery, BatchQueryText } from "../../api/graphql.generated.ts";
import { useQueryOf } from "../../api/hooks.ts";
import type { OperationText } from "../../api/send.ts";
import { useSubscription } from "../../live/use-subscription.ts";

export type Batch = NonNullable<BatchQuery["batch"]>;
type Heard = Pick<Batch, "completedAt" | "onCompleteJobId" | "progress">;

/** By hand: the dumped schema has no subscriptions. */
const changes: OperationText<{ batch: Heard | null }, { id: string }> =
  `subscription BatchChanges($id: UUID!) {
  batch(id: $id) {
    completedAt
    onCompleteJobId
    progress { jobs scheduled blocked waiting queued running succeeded failed cancelled }
  }
}`;

/** A batch as it is now: told by the live link, and read again, at most each second, when the link is down. */
export function useBatch(id: string) {
  const { data, error, isPending, refetch } = useQueryOf(BatchQueryText, { id }, { live: 1_000 });
  const heard = useSubscription(changes, { id }).data?.batch;
  const completedAt = heard?.completedAt;
  // What was heard last and what was read last: whichever has come further is the newer.
  const read = data?.batch ?? undefined;
  const batch =
    read === undefined || heard === null || heard === undefined || ended(heard) < ended(read)
      ? read
      : { ...read, ...heard };
  useEffect(() => {
    if (typeof completedAt === "string") void refetch();
  }, [completedAt, refetch]);
  return { batch, error, isPending, refetch };
}

function ended({ progress }: Heard): number {
  if (progress === null) return 0;
  return Number(progress.succeeded) + Number(progress.failed) + Number(progress.cancelled);
}
