import { Checkbox, Group, NativeSelect, NumberInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { TestChoicesQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { numberOr } from "../../../forms/number-or.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { toOptions } from "../shared/options.ts";
import { useRest } from "../shared/rest.ts";

const fields = ["testSetId", "endpointId", "metricIds", "repeat", "concurrency"];

/** Executes a test set against an endpoint and goes to the run. */
export function ExecuteDialog(props: { opened: boolean; close(): void; testSet?: string }) {
  const { opened, close } = props;
  const { data } = useQueryOf(TestChoicesQueryText, {}, { enabled: opened });
  const [chosenSet, setTestSet] = useState(props.testSet);
  const [chosenEndpoint, setEndpoint] = useState<string>();
  const [metrics, setMetrics] = useState<string[]>([]);
  const [repeat, setRepeat] = useState<string | number>(1);
  const [concurrency, setConcurrency] = useState<string | number>("");
  const { mutateAsync } = useRest();
  const navigate = useNavigate();
  const sets = toOptions(data?.testSets?.nodes);
  const endpoints = toOptions(data?.endpoints?.nodes);
  const testSet = chosenSet ?? sets[0]?.value ?? "";
  const endpoint = chosenEndpoint ?? endpoints[0]?.value ?? "";

  async function save(): Promise<void> {
    const json = {
      endpointId: endpoint,
      ...(metrics.length === 0 ? {} : { metricIds: metrics }),
      repeat: numberOr(repeat, 1),
      concurrency: numberOr(concurrency, undefined),
    };
    const { id } = await mutateAsync({ method: "POST", path: `/test-sets/${testSet}/execute`, json });
    await navigate(`/test-runs/${id}`);
  }

  return (
    <FormDialog
      opened={opened}
      close={close}
      title="Execute a test set"
      verb="Execute"
      save={save}
      fields={fields}
    >
      {(errors) => (
        <>
          <NativeSelect
            label="Test set"
            data={sets}
            value={testSet}
            onChange={(event) => setTestSet(event.currentTarget.value)}
            error={errors.testSetId}
          />
          <NativeSelect
            label="Endpoint"
            data={endpoints}
            value={endpoint}
            onChange={(event) => setEndpoint(event.currentTarget.value)}
            error={errors.endpointId}
          />
          <Checkbox.Group
            label="Metrics"
            description="None chosen: those of the test set, else all of the organization."
            value={metrics}
            onChange={setMetrics}
            error={errors.metricIds}
          >
            <Group gap="md" mt={6}>
              {data?.metrics?.nodes.map((metric) => (
                <Checkbox
                  key={metric?.id}
                  value={metric?.id ?? ""}
                  label={`${metric?.name} (${metric?.kind})`}
                />
              ))}
            </Group>
          </Checkbox.Group>
          <Group grow align="flex-start">
            <NumberInput
              label="Repetitions"
              description="How often each test is executed, 1 to 20."
              value={repeat}
              onChange={setRepeat}
              error={errors.repeat}
            />
            <NumberInput
              label="Concurrency"
              description="Tests at once; empty: as many as workers take."
              value={concurrency}
              onChange={setConcurrency}
              error={errors.concurrency}
            />
          </Group>
        </>
      )}
    </FormDialog>
  );
}
