import { Select } from "@mantine/core";
import { useMemo, useState } from "react";
import { type BatchJobsQuery, BatchJobsQueryText } from "../../api/graphql.generated.ts";
import { useQueryOf } from "../../api/hooks.ts";
import { shortId } from "../../lib/text.ts";
import { between } from "../../lib/time.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Panel } from "../../ui/panel.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Empty, ErrorState, LoadingState } from "../../ui/states.tsx";
import { states } from "../batches/counts.ts";

export type BatchJob = NonNullable<BatchJobsQuery["findJobs"]>["jobs"][number];

const columns: readonly Column<BatchJob>[] = [
  { id: "id", header: "Job", link: true, width: "110px", cell: ({ id }) => shortId(id) },
  { id: "task", header: "Task", cell: ({ task }) => task },
  {
    id: "state",
    header: "State",
    width: "120px",
    sortBy: ({ state }) => state,
    cell: ({ state }) => <StateBadge state={state} />,
  },
  { id: "error", header: "Error", hideBelow: "sm", cell: ({ errorCode }) => errorCode },
  {
    id: "attempt",
    header: "Attempt",
    width: "80px",
    align: "right",
    hideBelow: "sm",
    cell: ({ attempt, maxAttempts }) => `${attempt} of ${maxAttempts}`,
  },
  {
    id: "took",
    header: "Took",
    width: "90px",
    align: "right",
    hideBelow: "md",
    cell: ({ startedAt, finishedAt }) => between(startedAt, finishedAt) ?? "—",
  },
];

/** The jobs of a batch, newest first, in one state if wanted, 100 at a time. */
export function BatchJobs({ id }: { id: string }) {
  const [state, setState] = useState<string | null>(null);
  /** Where each page that was left began, so that one can go back. */
  const [pages, setPages] = useState<readonly string[]>([]);
  const { data, error, isFetching } = useQueryOf(
    BatchJobsQueryText,
    { batchId: id, states: state === null ? null : [state], before: pages.at(-1) ?? null },
    { live: 1_000, keep: true },
  );
  const rows = useMemo(() => data?.findJobs?.jobs ?? [], [data]);
  const next = data?.findJobs?.next ?? null;
  return (
    <Panel
      title="Jobs"
      flush
      actions={
        <Select
          aria-label="State of the jobs"
          placeholder="In any state"
          clearable
          clearButtonProps={{ "aria-label": "In any state" }}
          data={[...states]}
          value={state}
          onChange={(chosen) => {
            setState(chosen);
            setPages([]);
          }}
        />
      }
    >
      {error === null ? null : <ErrorState error={error} />}
      {data === undefined ? (
        error === null ? (
          <LoadingState what="the jobs" />
        ) : null
      ) : (
        <DataTable
          caption="Jobs of the batch"
          columns={columns}
          rows={rows}
          rowId={(job) => job.id}
          rowHref={(job) => `/jobs/${job.id}`}
          empty={<Empty title={state === null ? "No job yet" : `No job is ${state}`} />}
          more={
            next === null
              ? pages.length === 0
                ? undefined
                : { load: () => setPages([]), loading: isFetching, label: "Back to the newest" }
              : { load: () => setPages([...pages, next]), loading: isFetching, label: "Older jobs" }
          }
        />
      )}
    </Panel>
  );
}
