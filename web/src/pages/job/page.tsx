import { Stack } from "@mantine/core";
import { useParams } from "react-router";
import { JobQueryText } from "../../api/graphql.generated.ts";
import { useQueryOf } from "../../api/hooks.ts";
import { nodesOf } from "../../lib/nodes-of.ts";
import { JsonView } from "../../ui/json-view.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ProgressBar } from "../../ui/progress-bar.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Empty, ErrorState, LoadingState } from "../../ui/states.tsx";
import { Actions } from "./actions.tsx";
import { ErrorPanel } from "./error-panel.tsx";
import { Facts } from "./facts.tsx";
import classes from "./job.module.css";
import { RawJob } from "./raw-job.tsx";
import { Related } from "./related.tsx";
import { Steps } from "./steps.tsx";
import { Timeline } from "./timeline.tsx";

/** One job: why it failed first, then what it was to do, how it went and what it belongs to. */
export function Page() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useQueryOf(JobQueryText, { id }, { live: true });
  if (error !== null && data === undefined) return <ErrorState error={error} retry={() => void refetch()} />;
  if (data === undefined) return <LoadingState what="the job" />;
  const { job } = data;
  if (job === null) {
    return (
      <Stack>
        <PageHeader title="No such job" />
        <Empty title={`There is no job ${id}`}>
          It may have been removed by its retention policy, or belong to another organization.
        </Empty>
      </Stack>
    );
  }
  const events = nodesOf(data.jobEvents);
  const steps = nodesOf(data.jobSteps);
  return (
    <Stack gap="md">
      <PageHeader
        title={job.task}
        beside={<StateBadge state={job.state} />}
        description={<span className={classes.id}>{job.id}</span>}
        actions={<Actions job={job} />}
      />
      {job.errorCode === null ? null : <ErrorPanel job={job} />}
      {job.state === "running" ? (
        <ProgressBar label="Progress of the job" fraction={job.progress} note={job.progressNote} />
      ) : null}
      <div className={classes.columns}>
        <Stack gap="md" miw={0}>
          <Panel title="Payload">
            <JsonView value={job.payload} label="payload" />
          </Panel>
          {job.result === null ? null : (
            <Panel title="Result">
              <JsonView value={job.result} label="result" />
            </Panel>
          )}
          {steps.length === 0 ? null : <Steps steps={steps} />}
          <Timeline job={job} events={events} />
          <RawJob job={job} events={events} steps={steps} />
        </Stack>
        <Stack gap="md" miw={0}>
          <Facts job={job} />
          <Related job={job} />
        </Stack>
      </div>
    </Stack>
  );
}
