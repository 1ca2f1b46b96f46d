import { Badge, Button, Group, Stack } from "@mantine/core";
import { PauseIcon, PlusIcon } from "@radix-ui/react-icons";
import { useMemo, useState } from "react";
import { nodesOf } from "../../lib/nodes-of.ts";
import { Answer } from "../../ui/answer.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { Empty, ErrorState } from "../../ui/states.tsx";
import { useOperatorMutation, useOperatorQuery } from "../door.ts";
import { TaskPoliciesQueryText, UpdateTaskPolicyMutationText } from "../graphql.generated.ts";
import { limitsInWords } from "../organizations/limits.ts";
import { TaskLimits, type TaskPolicy } from "./task-limits.tsx";

/** What holds for a task in all organizations together. */
export function Page() {
  const { data, error, refetch } = useOperatorQuery(TaskPoliciesQueryText, {});
  const update = useOperatorMutation(UpdateTaskPolicyMutationText);
  const [edited, setEdited] = useState<TaskPolicy | "new">();
  const rows = useMemo(() => nodesOf(data?.taskPolicies), [data]);
  const { mutate } = update;
  const columns = useMemo(
    () => columnsOf(setEdited, ({ task, paused }) => mutate({ task, patch: { paused: !paused } })),
    [mutate],
  );
  const add = (
    <Button leftSection={<PlusIcon />} onClick={() => setEdited("new")}>
      Limit a task
    </Button>
  );
  return (
    <Stack gap="md">
      <PageHeader
        title="Tasks"
        description="Limits and pauses of a task in all organizations together, such as those of a provider that all share."
        actions={add}
      />
      {update.error === null ? null : <ErrorState error={update.error} />}
      <Answer query={{ data, error, refetch }} what="the limits">
        {() => (
          <Panel title="Tasks with limits" flush>
            <DataTable
              caption="Tasks with limits"
              columns={columns}
              rows={rows}
              rowId={({ task }) => task}
              empty={<Empty title="No task is limited">Each begins as soon as there is a hand for it.</Empty>}
            />
          </Panel>
        )}
      </Answer>
      <TaskLimits policy={edited} close={() => setEdited(undefined)} />
    </Stack>
  );
}

function columnsOf(
  edit: (policy: TaskPolicy) => void,
  turn: (policy: TaskPolicy) => void,
): readonly Column<TaskPolicy>[] {
  return [
    {
      id: "task",
      header: "Task",
      cell: ({ task, paused }) => (
        <>
          {task}{" "}
          {paused ? (
            <Badge color="gray" leftSection={<PauseIcon />}>
              paused
            </Badge>
          ) : null}
        </>
      ),
    },
    { id: "limits", header: "Limits", width: "28%", cell: (policy) => limitsInWords(policy) ?? "none" },
    {
      id: "changed",
      header: "Changed",
      width: "110px",
      hideBelow: "sm",
      cell: ({ updatedAt }) => <RelativeTime at={updatedAt} />,
    },
    {
      id: "actions",
      header: "Actions",
      align: "right",
      width: "170px",
      cell: (policy) => (
        <Group gap={4} justify="flex-end" wrap="nowrap">
          <Button
            variant="default"
            size="compact-xs"
            aria-label={`Change the limits of ${policy.task}`}
            onClick={() => edit(policy)}
          >
            Change
          </Button>
          <Button
            variant="default"
            size="compact-xs"
            aria-label={`${policy.paused ? "Resume" : "Pause"} ${policy.task}`}
            onClick={() => turn(policy)}
          >
            {policy.paused ? "Resume" : "Pause"}
          </Button>
        </Group>
      ),
    },
  ];
}
