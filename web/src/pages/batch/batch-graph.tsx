import { Button, Text } from "@mantine/core";
import { lazy, Suspense, useMemo, useState } from "react";
import { BatchEdgesQueryText, BatchJobsQueryText } from "../../api/graphql.generated.ts";
import { useQueryOf } from "../../api/hooks.ts";
import { counted, formatNumber } from "../../lib/text.ts";
import { Panel } from "../../ui/panel.tsx";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { LinkList } from "./link-list.tsx";
import { linksOf } from "./links.ts";

const Drawing = lazy(async () => ({ default: (await import("./drawing.tsx")).Drawing }));

/** More than this nobody can follow with the eye; the table of jobs has them all. */
const most = 200;

/** Which jobs of the batch wait for which, drawn and in words. */
export function BatchGraph({ id, jobs }: { id: string; jobs: number }) {
  const few = jobs <= most;
  const first = useQueryOf(
    BatchJobsQueryText,
    { batchId: id, states: null, before: null },
    { live: 1_000, keep: true, enabled: few },
  );
  const next = first.data?.findJobs?.next ?? null;
  const second = useQueryOf(
    BatchJobsQueryText,
    { batchId: id, states: null, before: next },
    { live: 1_000, keep: true, enabled: few && next !== null },
  );
  const found = useMemo(
    () => [
      ...(first.data?.findJobs?.jobs ?? []),
      ...(next === null ? [] : (second.data?.findJobs?.jobs ?? [])),
    ],
    [first.data, second.data, next],
  );
  const ids = found.map((job) => job.id);
  const edges = useQueryOf(BatchEdgesQueryText, { ids }, { keep: true, enabled: ids.length > 0 });
  const graph = useMemo(
    () =>
      linksOf(
        found,
        Object.values(edges.data ?? {}).flatMap((page) => page?.nodes ?? []),
      ),
    [found, edges.data],
  );
  const [asList, setAsList] = useState(false);
  const error = first.error ?? second.error ?? edges.error;

  if (!few) {
    return (
      <Panel title="Dependencies">
        <Text size="sm" c="dimmed">
          A graph is drawn of up to {most} jobs; this batch has {formatNumber(jobs)}. The table below has them
          all.
        </Text>
      </Panel>
    );
  }
  const none = graph.jobs.length === 0;
  const alone = found.length - graph.jobs.length;
  return (
    <Panel
      title="Dependencies"
      description={
        none || alone === 0 ? undefined : `${counted(alone, "more job")} without any, in the table below`
      }
      actions={
        none ? null : (
          <Button variant="default" aria-pressed={asList} onClick={() => setAsList(!asList)}>
            {asList ? "Show as a graph" : "Show as a list"}
          </Button>
        )
      }
    >
      {error === null ? null : <ErrorState error={error} />}
      {none ? (
        edges.data === undefined && error === null && jobs > 0 ? (
          <LoadingState what="the dependencies" />
        ) : (
          <Text size="sm" c="dimmed">
            No job of this batch waits for another.
          </Text>
        )
      ) : asList ? (
        <LinkList graph={graph} />
      ) : (
        <Suspense fallback={<LoadingState what="the graph" />}>
          <Drawing graph={graph} />
        </Suspense>
      )}
    </Panel>
  );
}
