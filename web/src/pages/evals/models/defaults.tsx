import { Group, NativeSelect } from "@mantine/core";
import type { ModelListQuery } from "../../../api/graphql.generated.ts";
import { present } from "../../../lib/nodes-of.ts";
import { useMayWrite } from "../../../session/use-viewer.ts";
import { Panel } from "../../../ui/panel.tsx";
import { tellRefusal } from "../shared/notify.ts";
import { toOptions } from "../shared/options.ts";
import { useRest } from "../shared/rest.ts";

const purposes = [
  ["judge", "To judge"],
  ["generation", "To write tests"],
  ["simulated_user", "To play users"],
] as const;

/** Which model is taken for a purpose when none is named. */
export function Defaults({ data }: { data: ModelListQuery }) {
  const mayWrite = useMayWrite();
  const { mutateAsync, isPending } = useRest<unknown>();
  const chosen = new Map(
    present(data.modelDefaults?.nodes).map(({ purpose, modelId }) => [purpose, modelId]),
  );
  return (
    <Panel title="Defaults" description="The model that is taken where none is named.">
      <Group grow preventGrowOverflow={false} align="flex-start">
        {purposes.map(([purpose, label]) => (
          <NativeSelect
            key={purpose}
            label={label}
            miw={200}
            disabled={!mayWrite || isPending}
            data={[
              ...(chosen.has(purpose) ? [] : [{ value: "", label: "none yet" }]),
              ...toOptions(data.models?.nodes),
            ]}
            value={chosen.get(purpose) ?? ""}
            onChange={(event) => {
              const modelId = event.currentTarget.value;
              mutateAsync({ method: "PUT", path: `/model-defaults/${purpose}`, json: { modelId } }).catch(
                (error: unknown) => tellRefusal("The default was not set", error),
              );
            }}
          />
        ))}
      </Group>
    </Panel>
  );
}
