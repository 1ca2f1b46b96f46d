import { Group, Progress, Text } from "@mantine/core";
import { percent } from "../lib/text.ts";

/** How far something is, a fraction of 0 to 1; a striped bar while that is not told. */
export function ProgressBar(props: {
  /** What is on its way, for screen readers: `Progress of the job`. */
  label: string;
  fraction: number | null | undefined;
  note?: string | null;
}) {
  const { label, fraction, note } = props;
  const told = fraction !== null && fraction !== undefined;
  return (
    <div>
      <Group gap="sm" wrap="nowrap">
        <Progress.Root size="md" flex={1}>
          <Progress.Section
            value={told ? Math.min(1, Math.max(0, fraction)) * 100 : 100}
            striped={!told}
            animated={!told}
            aria-label={label}
            {...(told ? {} : { "aria-valuetext": "under way" })}
          />
        </Progress.Root>
        {told ? (
          <Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
            {percent(fraction)}
          </Text>
        ) : null}
      </Group>
      {note === null || note === undefined || note === "" ? null : (
        <Text size="sm" c="dimmed" mt={2}>
          {note}
        </Text>
      )}
    </div>
  );
}
