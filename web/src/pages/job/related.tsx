import { Anchor, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { shortId } from "../../lib/text.ts";
import { Panel } from "../../ui/panel.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import classes from "./job.module.css";
import type { Job } from "./types.ts";

type Other = { id: string; task: string; state: string };

/** The batch, the parent, what it depends on and what depends on it. */
export function Related({ job }: { job: Job }) {
  const needs = job.dependencies.nodes.flatMap((one) => one?.dependsOnJob ?? []);
  const needed = job.dependants.nodes.flatMap((one) => one?.job ?? []);
  if (job.batchId === null && job.parentId === null && needs.length + needed.length === 0) return null;
  return (
    <Panel title="Belongs to">
      <Stack gap="sm">
        {job.batchId === null ? null : (
          <Part title="Batch">
            <Anchor component={Link} to={`/batches/${job.batchId}`} size="sm">
              {shortId(job.batchId)}
            </Anchor>
            <Anchor component={Link} to={`/jobs?batch=${job.batchId}`} size="sm">
              its jobs
            </Anchor>
          </Part>
        )}
        {job.parentId === null ? null : (
          <Part title="Launched by the job">
            <Anchor component={Link} to={`/jobs/${job.parentId}`} size="sm">
              {shortId(job.parentId)}
            </Anchor>
          </Part>
        )}
        <Others title="Depends on" jobs={needs} />
        <Others title="These depend on it" jobs={needed} />
      </Stack>
    </Panel>
  );
}

function Others({ title, jobs }: { title: string; jobs: readonly Other[] }) {
  if (jobs.length === 0) return null;
  return (
    <Part title={title}>
      {jobs.map(({ id, task, state }) => (
        <div key={id} className={classes.other}>
          <Anchor component={Link} to={`/jobs/${id}`} size="sm">
            {task} {shortId(id)}
          </Anchor>
          <StateBadge state={state} />
        </div>
      ))}
    </Part>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack gap={2}>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      {children}
    </Stack>
  );
}
