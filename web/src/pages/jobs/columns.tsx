import { Badge, Group, Text } from "@mantine/core";
import { percent, shortId } from "../../lib/text.ts";
import { between } from "../../lib/time.ts";
import type { Column } from "../../ui/data-table.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import classes from "./jobs.module.css";
import type { FoundJob } from "./use-found-jobs.ts";

export const columns: readonly Column<FoundJob>[] = [
  { id: "state", header: "State", width: "112px", cell: ({ state }) => <StateBadge state={state} /> },
  {
    id: "task",
    header: "Task",
    link: true,
    cell: ({ task, id }) => (
      <>
        {task}{" "}
        <Text span size="xs" c="dimmed" fw={400} ff="monospace">
          {shortId(id)}
        </Text>
      </>
    ),
  },
  { id: "about", header: "About", width: "42%", hideBelow: "sm", cell: (job) => <About job={job} /> },
  { id: "ran", header: "Ran", width: "84px", align: "right", hideBelow: "md", cell: (job) => ran(job) },
  {
    id: "launched",
    header: "Launched",
    width: "104px",
    align: "right",
    cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
  },
];

const ran = ({ startedAt, finishedAt }: FoundJob): string => between(startedAt, finishedAt) ?? "—";

/** What tells this job from others of its task: its error, its progress, its key and tags. */
function About({ job }: { job: FoundJob }) {
  const { errorCode, errorMessage, state, progress, progressNote, key, tags } = job;
  return (
    <Group gap={6} wrap="nowrap" miw={0}>
      {errorCode === null ? null : (
        <span className={classes.line} title={errorMessage ?? undefined}>
          <b>{errorCode}</b> {errorMessage}
        </span>
      )}
      {state === "running" && progress !== null ? (
        <span className={classes.line}>
          {percent(progress)} {progressNote}
        </span>
      ) : null}
      {key === null ? null : <Badge color="gray">key {key}</Badge>}
      {tags.map((tag) => (
        <Badge key={tag}>{tag}</Badge>
      ))}
    </Group>
  );
}
