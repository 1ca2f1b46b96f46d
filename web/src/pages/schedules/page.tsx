import { Anchor, Button, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { PlusIcon } from "@radix-ui/react-icons";
import { useMemo, useState } from "react";
import { toApiError } from "../../api/api-error.ts";
import {
  DeleteScheduleMutationText,
  RunScheduleMutationText,
  SchedulesQueryText,
  UpdateScheduleMutationText,
} from "../../api/graphql.generated.ts";
import { useMutationOf, useQueryOf } from "../../api/hooks.ts";
import { usePages } from "../../forms/use-pages.ts";
import { nodesOf } from "../../lib/nodes-of.ts";
import { useMayWrite } from "../../session/use-viewer.ts";
import { Answer } from "../../ui/answer.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Empty } from "../../ui/states.tsx";
import { columnsOf } from "./columns.tsx";
import type { Schedule } from "./schedule.ts";
import { ScheduleForm } from "./schedule-form.tsx";

/** What the organization launches by the clock. */
export function Page() {
  const mayWrite = useMayWrite();
  const { after, more } = usePages();
  const { data, error, refetch, isFetching } = useQueryOf(
    SchedulesQueryText,
    { first: 50, after },
    { live: 2_000, keep: true },
  );
  const [edited, setEdited] = useState<Schedule | "new">();
  const [doomed, setDoomed] = useState<Schedule>();
  const { mutateAsync: run } = useMutationOf(RunScheduleMutationText);
  const { mutateAsync: update } = useMutationOf(UpdateScheduleMutationText);
  const remove = useMutationOf(DeleteScheduleMutationText);

  const columns = useMemo(
    () =>
      columnsOf({
        mayWrite,
        edit: setEdited,
        remove: setDoomed,
        run: ({ id, name }) => {
          run({ id }).then(({ runSchedule }) => tellLaunched(name, runSchedule?.job?.id), tellRefused);
        },
        turn: ({ id }, enabled) => {
          update({ id, patch: { enabled } }).catch(tellRefused);
        },
      }),
    [mayWrite, run, update],
  );
  const rows = useMemo(() => nodesOf(data?.schedules), [data]);
  const create = (
    <Button leftSection={<PlusIcon />} disabled={!mayWrite} onClick={() => setEdited("new")}>
      New schedule
    </Button>
  );

  return (
    <Stack gap="md">
      <PageHeader
        title="Schedules"
        description="Each launches a job at every tick of its expression, once, however many workers there are."
        actions={create}
      />
      <Answer query={{ data, error, refetch }} what="the schedules">
        {(data) => (
          <Panel title="All schedules" flush>
            <DataTable
              caption="Schedules"
              columns={columns}
              rows={rows}
              rowId={({ id }) => id}
              empty={<Empty title="No schedule yet">A schedule launches a task every morning, say.</Empty>}
              more={more(data.schedules?.pageInfo, isFetching)}
            />
          </Panel>
        )}
      </Answer>
      <Dialog
        opened={edited !== undefined}
        onClose={() => setEdited(undefined)}
        title={edited === "new" ? "New schedule" : "Edit schedule"}
        size="lg"
      >
        <ScheduleForm schedule={edited === "new" ? undefined : edited} done={() => setEdited(undefined)} />
      </Dialog>
      <ConfirmDialog
        opened={doomed !== undefined}
        close={() => setDoomed(undefined)}
        title={`Delete the schedule “${doomed?.name ?? ""}”?`}
        confirm="Delete 1 schedule"
        danger
        act={async () => {
          if (doomed !== undefined) await remove.mutateAsync({ id: doomed.id });
        }}
      >
        It launches nothing more. Jobs that it launched stay.
      </ConfirmDialog>
    </Stack>
  );
}

function tellLaunched(name: string, jobId: string | undefined): void {
  notifications.show({
    title: `${name} was launched`,
    message: (
      // Messages stand beside the router, not within it.
      <Anchor href={`${import.meta.env.BASE_URL}jobs/${jobId ?? ""}`} size="sm">
        Look at the job
      </Anchor>
    ),
  });
}

function tellRefused(error: unknown): void {
  const { code, message } = toApiError(error);
  notifications.show({ color: "red", title: code, message });
}
