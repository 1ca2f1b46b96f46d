import { Badge, Group } from "@mantine/core";
import { PauseIcon } from "@radix-ui/react-icons";

/** Who holds an organization back: operators, itself, or itself for some tasks. Nothing when nobody does. */
export function Paused(props: {
  paused: boolean | null;
  ownPaused: boolean | null;
  ownPausedTasks: readonly (string | null)[] | null;
}) {
  const { paused, ownPaused, ownPausedTasks } = props;
  const tasks = ownPausedTasks ?? [];
  return (
    <Group component="span" gap={4} display="inline-flex">
      {paused === true ? (
        <Badge color="gray" leftSection={<PauseIcon />}>
          paused by operators
        </Badge>
      ) : null}
      {ownPaused === true ? <Badge color="gray">paused by itself</Badge> : null}
      {tasks.length === 0 ? null : <Badge color="gray">holds back {tasks.join(", ")}</Badge>}
    </Group>
  );
}
