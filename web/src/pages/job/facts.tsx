import { Anchor, Badge, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { between } from "../../lib/time.ts";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import classes from "./job.module.css";
import type { Job } from "./types.ts";

/** When and how the job was launched and ran. */
export function Facts({ job }: { job: Job }) {
  const facts: readonly [string, ReactNode][] = [
    ["Launched", <RelativeTime key="launched" at={job.createdAt} />],
    ["Due", <RelativeTime key="due" at={job.runAt} />],
    ["Begun", <RelativeTime key="begun" at={job.startedAt} none="not yet" />],
    ["Ended", <RelativeTime key="ended" at={job.finishedAt} none="not yet" />],
    ["Waited", between(job.runAt, job.startedAt)],
    ["Ran", between(job.startedAt, job.finishedAt)],
    ["Attempt", `${job.attempt} of ${job.maxAttempts}`],
    ["Priority", String(job.priority)],
    ["Deadline", job.deadlineAt === null ? undefined : <RelativeTime key="deadline" at={job.deadlineAt} />],
    ["Key", job.key ?? undefined],
    ["From", job.source],
    ["User", job.userId === null ? undefined : <code key="user">{job.userId}</code>],
    ["Tags", job.tags.length === 0 ? undefined : <Tags key="tags" tags={job.tags} />],
  ];
  return (
    <Panel title="Facts">
      <dl className={classes.facts}>
        {facts.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </Panel>
  );
}

function Tags({ tags }: { tags: readonly string[] }) {
  return (
    <Group gap={4}>
      {tags.map((tag) => (
        <Anchor key={tag} component={Link} to={`/jobs?tag=${encodeURIComponent(tag)}`} underline="never">
          <Badge component="span" style={{ cursor: "pointer" }}>
            {tag}
          </Badge>
        </Anchor>
      ))}
    </Group>
  );
}
