import { Stack, Text } from "@mantine/core";
import { JsonView } from "../../ui/json-view.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import type { JobStep } from "./types.ts";

/** What is done and kept, so that another attempt does not do it again. */
export function Steps({ steps }: { steps: readonly JobStep[] }) {
  return (
    <Panel title="Steps" description="Done and kept: another attempt goes on after them.">
      <Stack gap="sm">
        {steps.map(({ name, at, result }) => (
          <div key={name}>
            <Text size="sm" mb={4}>
              <b>{name}</b> · <RelativeTime at={at} />
            </Text>
            <JsonView value={result} label={`result of the step ${name}`} height={160} />
          </div>
        ))}
      </Stack>
    </Panel>
  );
}
