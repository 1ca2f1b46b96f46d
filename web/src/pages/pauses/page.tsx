import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import {
  PauseJobsMutationText,
  type PausesQuery,
  PausesQueryText,
  ResumeJobsMutationText,
} from "../../api/graphql.generated.ts";
import { useMutationOf, useQueryOf } from "../../api/hooks.ts";
import { nodesOf } from "../../lib/nodes-of.ts";
import { useIsAdmin } from "../../session/use-viewer.ts";
import { Answer } from "../../ui/answer.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { Empty } from "../../ui/states.tsx";

type Pause = NonNullable<NonNullable<PausesQuery["pauses"]>["nodes"][number]>;

/** As what a pause of everything is kept. */
const everything = "";
const whole = "All tasks";

/** What the organization holds back. */
export function Page() {
  const isAdmin = useIsAdmin();
  const { data, error, refetch } = useQueryOf(PausesQueryText, {}, { live: 2_000 });
  const pause = useMutationOf(PauseJobsMutationText);
  const { mutateAsync: resume } = useMutationOf(ResumeJobsMutationText);
  const [task, setTask] = useState<string>(everything);
  const [reason, setReason] = useState("");
  const [asked, setAsked] = useState(false);
  const [lifted, setLifted] = useState<Pause>();
  const names = useMemo(
    () =>
      new Map(
        (data?.memberships?.nodes ?? []).map((member) => [member?.userId ?? "", member?.user?.email ?? ""]),
      ),
    [data],
  );
  const columns = useMemo(() => columnsOf(isAdmin, names, setLifted), [isAdmin, names]);
  const rows = useMemo(() => nodesOf(data?.pauses), [data]);
  const tasks = (data?.tasks?.nodes ?? []).flatMap((one) => (one === null ? [] : [one.name]));
  const what = task === everything ? "all tasks" : task;

  return (
    <Stack gap="md">
      <PageHeader
        title="Pauses"
        description="While paused, no job begins. What runs goes on to its end, and launches are taken and wait."
      />
      <Panel title="Pause">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setAsked(true);
          }}
        >
          <Stack gap="sm">
            <Group align="end" gap="sm">
              <Select
                label="What to hold back"
                searchable
                allowDeselect={false}
                data={[{ value: everything, label: whole }, ...tasks]}
                value={task}
                onChange={(chosen) => setTask(chosen ?? everything)}
                disabled={!isAdmin}
              />
              <TextInput
                label="Reason"
                placeholder="Why, for whoever wonders"
                flex="1 1 220px"
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
                disabled={!isAdmin}
              />
              <Button type="submit" disabled={!isAdmin}>
                Pause {what}
              </Button>
            </Group>
            <Text size="sm" c="dimmed">
              It takes effect within half a second. Operators pause apart from this: neither lifts the other.
              {isAdmin ? "" : " Administrators pause and resume."}
            </Text>
          </Stack>
        </form>
      </Panel>
      <Answer query={{ data, error, refetch }} what="the pauses">
        {() => (
          <Panel title="Held back now" flush>
            <DataTable
              caption="Pauses"
              columns={columns}
              rows={rows}
              rowId={(row) => row.task}
              empty={<Empty title="Nothing is paused">Every task's jobs begin when it is their turn.</Empty>}
            />
          </Panel>
        )}
      </Answer>
      <ConfirmDialog
        opened={asked}
        close={() => setAsked(false)}
        title={`Pause ${what}?`}
        confirm={`Pause ${what}`}
        act={async () => {
          await pause.mutateAsync({ task: task === everything ? null : task, reason });
          setReason("");
        }}
      >
        No job of {task === everything ? "the organization" : what} begins until someone resumes it.
      </ConfirmDialog>
      <ConfirmDialog
        opened={lifted !== undefined}
        close={() => setLifted(undefined)}
        title={`Resume ${nameOf(lifted)}?`}
        confirm={`Resume ${nameOf(lifted)}`}
        act={() => resume({ task: lifted === undefined || lifted.task === everything ? null : lifted.task })}
      >
        What has waited begins, in its order.
      </ConfirmDialog>
    </Stack>
  );
}

function nameOf(pause: Pause | undefined): string {
  if (pause === undefined) return "";
  return pause.task === everything ? "all tasks" : pause.task;
}

function columnsOf(
  isAdmin: boolean,
  names: ReadonlyMap<string, string>,
  lift: (pause: Pause) => void,
): readonly Column<Pause>[] {
  return [
    { id: "task", header: "Task", cell: ({ task }) => (task === everything ? <b>{whole}</b> : task) },
    { id: "reason", header: "Reason", cell: ({ reason }) => reason },
    {
      id: "who",
      header: "By",
      hideBelow: "sm",
      cell: ({ userId }) => names.get(userId ?? "") ?? userId ?? "an API key",
    },
    { id: "since", header: "Since", width: "100px", cell: ({ at }) => <RelativeTime at={at} /> },
    {
      id: "resume",
      header: "Actions",
      align: "right",
      width: "110px",
      cell: (pause) => (
        <Button
          variant="default"
          size="compact-xs"
          disabled={!isAdmin}
          aria-label={`Resume ${nameOf(pause)}`}
          onClick={() => lift(pause)}
        >
          Resume
        </Button>
      ),
    },
  ];
}
