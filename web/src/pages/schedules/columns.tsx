import { ActionIcon, Anchor, Group, Switch, Text, Tooltip } from "@mantine/core";
import { Pencil1Icon, PlayIcon, TrashIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Column } from "../../ui/data-table.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { inWords } from "./expression.ts";
import type { Schedule } from "./schedule.ts";

export type Actions = {
  mayWrite: boolean;
  edit(schedule: Schedule): void;
  remove(schedule: Schedule): void;
  run(schedule: Schedule): void;
  turn(schedule: Schedule, on: boolean): void;
};

export function columnsOf({ mayWrite, edit, remove, run, turn }: Actions): readonly Column<Schedule>[] {
  return [
    {
      id: "name",
      header: "Schedule",
      sortBy: ({ name }) => name,
      cell: (schedule) => (
        <>
          <Text size="sm" fw={550}>
            {schedule.name}
          </Text>
          <Text size="xs" c="dimmed">
            {schedule.task}
          </Text>
          {schedule.errorCode === null ? null : (
            <Text size="xs" c="var(--mantine-color-error)">
              <b>{schedule.errorCode}</b> {schedule.errorMessage}
            </Text>
          )}
        </>
      ),
    },
    {
      id: "when",
      header: "When",
      hideBelow: "sm",
      width: "26%",
      cell: ({ expression, timeZone }) => (
        <>
          <Text size="sm">{inWords(expression)}</Text>
          <Text size="xs" c="dimmed">
            <code>{expression}</code> · {timeZone}
          </Text>
        </>
      ),
    },
    {
      id: "next",
      header: "Next",
      width: "90px",
      sortBy: ({ nextAt }) => nextAt ?? "~",
      cell: ({ enabled, nextAt }) => <RelativeTime at={enabled ? nextAt : null} none="off" />,
    },
    {
      id: "last",
      header: "Last",
      width: "100px",
      hideBelow: "md",
      cell: ({ lastAt, lastJobId }) =>
        lastJobId === null ? (
          <RelativeTime at={lastAt} none="never" />
        ) : (
          <Anchor component={Link} to={`/jobs/${lastJobId}`} size="sm">
            <RelativeTime at={lastAt} none="by hand" />
          </Anchor>
        ),
    },
    {
      id: "on",
      header: "On",
      width: "60px",
      cell: (schedule) => (
        <Switch
          size="xs"
          aria-label={`${schedule.name} is on`}
          checked={schedule.enabled}
          disabled={!mayWrite}
          onChange={(event) => turn(schedule, event.currentTarget.checked)}
        />
      ),
    },
    {
      id: "actions",
      header: "Actions",
      width: "120px",
      align: "right",
      cell: (schedule) => (
        <Group gap={4} justify="flex-end" wrap="nowrap">
          <Act label={`Run ${schedule.name} now`} off={!mayWrite} act={() => run(schedule)}>
            <PlayIcon />
          </Act>
          <Act label={`Edit ${schedule.name}`} off={!mayWrite} act={() => edit(schedule)}>
            <Pencil1Icon />
          </Act>
          <Act label={`Delete ${schedule.name}`} off={!mayWrite} act={() => remove(schedule)}>
            <TrashIcon />
          </Act>
        </Group>
      ),
    },
  ];
}

function Act({
  label,
  off,
  act,
  children,
}: {
  label: string;
  off: boolean;
  act(): void;
  children: ReactNode;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon size={26} aria-label={label} disabled={off} onClick={act}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
