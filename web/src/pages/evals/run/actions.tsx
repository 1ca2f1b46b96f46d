import { Button, Checkbox, NativeSelect, Stack } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { TestChoicesQueryText, type TestRunQuery } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";
import { counted, percent, shortId } from "../../../lib/text.ts";
import { exactTime } from "../../../lib/time.ts";
import { useMayWrite } from "../../../session/use-viewer.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { DownloadMenu } from "../shared/download-menu.tsx";
import { FormDialog } from "../shared/form-dialog.tsx";
import { useRest } from "../shared/rest.ts";

type Run = NonNullable<TestRunQuery["testRun"]>;

/** What may be done with a run: cancel it, have what errored tried again, judge it anew, keep it, compare it. */
export function RunActions({ run, over }: { run: Run; over: boolean }) {
  const [asked, setAsked] = useState<"cancel" | "retry" | "rescore" | "compare" | "baseline">();
  const mayWrite = useMayWrite();
  const { mutateAsync } = useRest();
  const close = () => setAsked(undefined);
  const unjudged = (run.summary?.errored ?? 0) + (run.summary?.cancelled ?? 0);
  const unfinished = (run.summary?.queued ?? 0) + (run.summary?.running ?? 0);
  const testSet = run.testConfiguration?.testSet;
  return (
    <>
      {mayWrite && !over ? (
        <Button color="red" variant="light" onClick={() => setAsked("cancel")}>
          Cancel the run
        </Button>
      ) : null}
      {mayWrite && over && unjudged > 0 ? (
        <Button onClick={() => setAsked("retry")}>Retry what errored</Button>
      ) : null}
      {mayWrite && over ? (
        <Button variant="default" onClick={() => setAsked("rescore")}>
          Rescore
        </Button>
      ) : null}
      <Button variant="default" onClick={() => setAsked("compare")}>
        Compare
      </Button>
      {mayWrite && over && testSet !== null && testSet?.baselineRunId !== run.id ? (
        <Button variant="default" onClick={() => setAsked("baseline")}>
          Make it the baseline
        </Button>
      ) : null}
      <DownloadMenu path={`/test-runs/${run.id}/export`} name={`test-run-${shortId(run.id)}`} />
      <ConfirmDialog
        opened={asked === "cancel"}
        close={close}
        title={`Cancel ${counted(unfinished, "test")}?`}
        confirm={`Cancel ${counted(unfinished, "test")}`}
        danger
        act={() => mutateAsync({ method: "POST", path: `/test-runs/${run.id}/cancel`, json: {} })}
      >
        Verdicts that are there stay; the endpoint is not asked any more.
      </ConfirmDialog>
      <ConfirmDialog
        opened={asked === "retry"}
        close={close}
        title={`Retry ${counted(unjudged, "test")}?`}
        confirm={`Retry ${counted(unjudged, "test")}`}
        act={() => mutateAsync({ method: "POST", path: `/test-runs/${run.id}/retry` })}
      >
        What errored or was cancelled runs again; what passed or failed stays.
      </ConfirmDialog>
      <ConfirmDialog
        opened={asked === "baseline"}
        close={close}
        title="Make this run the baseline?"
        confirm="Make it the baseline"
        act={() =>
          mutateAsync({
            method: "PUT",
            path: `/test-sets/${testSet?.id}/baseline`,
            json: { testRunId: run.id },
          })
        }
      >
        Runs of {testSet?.name} are held against it from now on.
      </ConfirmDialog>
      <RescoreDialog opened={asked === "rescore"} close={close} runId={run.id} />
      <CompareDialog opened={asked === "compare"} close={close} run={run} />
    </>
  );
}

function RescoreDialog({ opened, close, runId }: { opened: boolean; close(): void; runId: string }) {
  const { data } = useQueryOf(TestChoicesQueryText, {}, { enabled: opened });
  const [metricIds, setMetricIds] = useState<string[]>([]);
  const { mutateAsync } = useRest();
  const navigate = useNavigate();
  async function save(): Promise<void> {
    const json = metricIds.length === 0 ? {} : { metricIds };
    const { id } = await mutateAsync({ method: "POST", path: `/test-runs/${runId}/rescore`, json });
    await navigate(`/test-runs/${id}`);
  }
  return (
    <FormDialog
      opened={opened}
      close={close}
      title="Rescore"
      verb="Judge the outputs anew"
      save={save}
      fields={["metricIds"]}
    >
      {(errors) => (
        <Checkbox.Group
          label="Metrics"
          description="A new run judges the stored outputs; the endpoint is not asked. None chosen: those of the test set, else all."
          value={metricIds}
          onChange={setMetricIds}
          error={errors.metricIds}
        >
          <Stack gap={6} mt={6}>
            {present(data?.metrics?.nodes).map((metric) => (
              <Checkbox key={metric.id} value={metric.id} label={`${metric.name} (${metric.kind})`} />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
    </FormDialog>
  );
}

function CompareDialog({ opened, close, run }: { opened: boolean; close(): void; run: Run }) {
  const others = present(run.testConfiguration?.testRuns.nodes).filter(({ id }) => id !== run.id);
  const before = others.find(({ createdAt }) => Date.parse(createdAt) < Date.parse(run.createdAt));
  const [chosen, setChosen] = useState<string>();
  const navigate = useNavigate();
  const baseline = run.testConfiguration?.testSet?.baselineRunId;
  const other = chosen ?? baseline ?? before?.id ?? others[0]?.id ?? "";
  return (
    <FormDialog
      opened={opened}
      close={close}
      title="Compare with another run"
      verb="Compare"
      fields={[]}
      save={async () => {
        if (other !== "") await navigate(`/test-runs/${other}/compare/${run.id}`);
      }}
    >
      {() =>
        others.length === 0 ? (
          "There is no other run of this test set and endpoint yet."
        ) : (
          <NativeSelect
            label="The run before"
            value={other}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={others.map(({ id, createdAt, summary }) => ({
              value: id,
              label: `${exactTime(createdAt)} · ${summary?.state} · ${percent(summary?.passRate ?? 0)}${
                id === baseline ? " · baseline" : ""
              }`,
            }))}
          />
        )
      }
    </FormDialog>
  );
}
