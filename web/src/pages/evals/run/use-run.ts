import { useInterval } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import { type TestRunQuery, TestRunQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import type { OperationText } from "../../../api/send.ts";
import { useStore } from "../../../lib/store.ts";
import { liveStore } from "../../../live/live.ts";
import { useSubscription } from "../../../live/use-subscription.ts";

type Told = { testRun: { id: string; summary: NonNullable<TestRunQuery["testRun"]>["summary"] } | null };
const told: OperationText<Told, { id: string }> = `subscription RunChanges($id: UUID!) {
  testRun(id: $id) {
    id
    summary { state queued running passed failed errored cancelled flaky passRate startedAt finishedAt
      p50Ms p95Ms p99Ms inputTokens outputTokens cost }
  }
}`;

/** Without a word of the subscription the run is looked at so often. */
const pollMs = 1_500;

/** A run as it is now: told by its subscription, and asked for while that says nothing. */
export function useRun(id: string) {
  const query = useQueryOf(TestRunQueryText, { id }, { live: true });
  const run = query.data?.testRun ?? undefined;
  const over = run?.summary?.finishedAt !== null && run?.summary?.finishedAt !== undefined;
  const heard = useSubscription(told, { id }, { enabled: !over }).data?.testRun ?? undefined;
  const { paused } = useStore(liveStore);
  const { refetch } = query;
  useInterval(
    () => {
      if (!over && !paused && document.visibilityState === "visible") void refetch();
    },
    pollMs,
    { autoInvoke: true },
  );
  const end = heard?.summary?.finishedAt;
  const seenEnd = useRef<string | null>(undefined);
  useEffect(() => {
    // The end changes more than the counts: what may be done with the run, and its neighbours.
    if (end !== undefined && end !== null && seenEnd.current !== end) void refetch();
    seenEnd.current = end;
  }, [end, refetch]);
  const summary = over ? run?.summary : (heard?.summary ?? run?.summary);
  return { ...query, run, summary, over };
}
