import { Anchor, Stack } from "@mantine/core";
import { Link, useParams, useSearchParams } from "react-router";
import { shortId } from "../../../lib/text.ts";
import { PageHeader } from "../../../ui/page-header.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { RelativeTime } from "../../../ui/relative-time.tsx";
import { Empty, ErrorState, LoadingState } from "../../../ui/states.tsx";
import { RunProgress } from "../shared/run-progress.tsx";
import { RunState } from "../shared/run-state.tsx";
import { useMemberName } from "../shared/use-members.ts";
import { RunActions } from "./actions.tsx";
import { Figures } from "./figures.tsx";
import { ResultDrawer } from "./result-drawer.tsx";
import { Results } from "./results.tsx";
import { useRun } from "./use-run.ts";

/** One run: how far it is, its figures, and each of its results. */
export function Page() {
  const { id = "" } = useParams();
  const [params, setParams] = useSearchParams();
  const { run, summary, over, error, isPending, refetch } = useRun(id);
  const nameOf = useMemberName();

  if (error !== null) return <ErrorState error={error} retry={() => void refetch()} />;
  if (isPending) return <LoadingState what="the run" />;
  if (run === undefined) return <Empty title="There is no such run in your organization" />;

  const { testSet, endpoint } = run.testConfiguration ?? {};
  const closeResult = () =>
    setParams((former) => {
      former.delete("result");
      return former;
    });
  return (
    <Stack gap="md">
      <PageHeader
        title={testSet?.name ?? `Run ${shortId(id)}`}
        beside={<RunState state={summary?.state ?? "queued"} />}
        description={
          <>
            Against {endpoint?.name ?? "an endpoint that is gone"}, executed{" "}
            <RelativeTime at={run.createdAt} /> by {nameOf(run.userId)}
            {testSet?.baselineRunId === id ? ", the baseline of its test set" : ""}
            {typeof run.sourceRunId === "string" ? (
              <>
                , a rescore of{" "}
                <Anchor component={Link} to={`/test-runs/${run.sourceRunId}`}>
                  {shortId(run.sourceRunId)}
                </Anchor>
              </>
            ) : null}
          </>
        }
        actions={<RunActions run={run} over={over} />}
      />
      <Panel title={over ? "Outcome" : "Progress"}>
        <RunProgress total={run.total} counts={summary ?? {}} label="Tests that have ended" />
        <Figures run={run} summary={summary ?? null} />
      </Panel>
      <Results
        id={id}
        version={[summary?.passed, summary?.failed, summary?.errored, summary?.cancelled].join()}
      />
      <ResultDrawer id={params.get("result") ?? undefined} close={closeResult} />
    </Stack>
  );
}
