import { Text } from "@mantine/core";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import classes from "./job.module.css";
import { hasEnded, type Job, type JobEvent } from "./types.ts";

type Moment = { at: string; words: string; detail?: string; bad?: boolean };

const words: Readonly<Record<string, string>> = {
  failed: "failed",
  retried: "failed and is tried again",
  snoozed: "was put off",
  handed_back: "was handed back",
  cancelled: "was cancelled",
};

/** What happened to the job, the newest first. */
export function Timeline({ job, events }: { job: Job; events: readonly JobEvent[] }) {
  const moments: Moment[] = events.map((event) => ({
    at: event.at,
    words: `Attempt ${event.attempt} ${words[event.kind] ?? event.kind}`,
    detail: `${event.code} ${event.message}`,
    bad: event.kind === "failed" || event.kind === "retried",
  }));
  moments.push({ at: job.createdAt, words: `Launched from ${job.source}` });
  if (job.startedAt !== null) moments.push({ at: job.startedAt, words: `Attempt ${job.attempt} began` });
  if (job.cancelRequestedAt !== null) moments.push({ at: job.cancelRequestedAt, words: "Told to stop" });
  if (job.finishedAt !== null && hasEnded(job)) {
    moments.push({ at: job.finishedAt, words: `Ended: ${job.state}`, bad: job.state === "failed" });
  }
  return (
    <Panel title="Timeline">
      <ol className={classes.timeline}>
        {moments
          .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
          .map((moment) => (
            <li key={`${moment.at} ${moment.words}`} data-bad={moment.bad || undefined}>
              <Text size="sm">
                {moment.words}{" "}
                <Text span c="dimmed" size="sm">
                  <RelativeTime at={moment.at} />
                </Text>
              </Text>
              {moment.detail === undefined ? null : (
                <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                  {moment.detail}
                </Text>
              )}
            </li>
          ))}
      </ol>
    </Panel>
  );
}
