import { Button, Group, NumberInput, Select, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { toApiError } from "../../api/api-error.ts";
import {
  CreateScheduleMutationText,
  ScheduleTasksQueryText,
  UpdateScheduleMutationText,
} from "../../api/graphql.generated.ts";
import { useMutationOf, useQueryOf } from "../../api/hooks.ts";
import { fieldErrors } from "../../forms/field-errors.ts";
import { readJson } from "../../forms/json.ts";
import { ErrorState } from "../../ui/states.tsx";
import { timeZones } from "./expression.ts";
import { NextTicks } from "./next-ticks.tsx";
import { fields, fieldsOf, type Schedule, valuesOf } from "./schedule.ts";
import classes from "./schedules.module.css";

/** Makes a schedule, or changes one. What the API refuses stands at its field. */
export function ScheduleForm({ schedule, done }: { schedule: Schedule | undefined; done(): void }) {
  const { data } = useQueryOf(ScheduleTasksQueryText, {});
  const create = useMutationOf(CreateScheduleMutationText);
  const update = useMutationOf(UpdateScheduleMutationText);
  const [refused, setRefused] = useState<unknown>();
  const form = useForm({
    initialValues: valuesOf(schedule),
    validate: {
      name: (name) => (name.trim() === "" ? "A schedule has a name." : null),
      task: (task) => (task === "" ? "Choose what it launches." : null),
      expression: (expression) => (expression.trim() === "" ? "Say when it ticks." : null),
      payload: (text) => {
        const read = readJson(text);
        return "error" in read ? read.error : null;
      },
    },
  });
  const tasks = [...(data?.tasks?.nodes ?? []), ...(data?.more?.nodes ?? [])].flatMap((task) =>
    task === null || task.launchRole === "system" ? [] : [task],
  );
  const about = tasks.find(({ name }) => name === form.values.task)?.description;

  async function save(): Promise<void> {
    setRefused(undefined);
    const asked = fieldsOf(form.values);
    try {
      if (schedule === undefined) await create.mutateAsync({ schedule: asked });
      else await update.mutateAsync({ id: schedule.id, patch: asked });
      done();
    } catch (error) {
      const told = toApiError(error);
      const at = fieldErrors(told, fields);
      if (Object.keys(at).length === 0) setRefused(told);
      else form.setErrors(at);
    }
  }

  return (
    <form onSubmit={form.onSubmit(() => void save())} noValidate>
      <Stack gap="sm">
        <div className={classes.pair}>
          <TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
          <Select
            label="Task"
            required
            searchable
            data={tasks.map(({ name }) => name)}
            {...(about === undefined || about === "" ? {} : { description: about })}
            {...form.getInputProps("task")}
          />
        </div>
        <Textarea
          label="Payload (JSON)"
          autosize
          minRows={2}
          maxRows={12}
          className={classes.payload ?? ""}
          spellCheck={false}
          {...form.getInputProps("payload")}
        />
        <div className={classes.pair}>
          <TextInput
            label="Expression"
            description="Minute, hour, day, month, weekday; or @hourly, @daily, …"
            placeholder="30 6 * * 1-5"
            required
            {...form.getInputProps("expression")}
          />
          <Select
            label="Time zone"
            description="In which the expression is read"
            searchable
            allowDeselect={false}
            limit={60}
            data={timeZones}
            {...form.getInputProps("timeZone")}
          />
        </div>
        <NextTicks expression={form.values.expression} timeZone={form.values.timeZone} />
        <div className={classes.pair}>
          <Select
            label="Ticks missed while no worker was there"
            allowDeselect={false}
            data={[
              { value: "skip", label: "Skip them" },
              { value: "last", label: "Launch the last" },
              { value: "all", label: "Launch all" },
            ]}
            {...form.getInputProps("catchUp")}
          />
          <Select
            label="While the job before is unfinished"
            allowDeselect={false}
            data={[
              { value: "allow", label: "Launch another" },
              { value: "skip", label: "Skip the tick" },
            ]}
            {...form.getInputProps("overlap")}
          />
          <NumberInput
            label="Priority of its jobs"
            allowDecimal={false}
            {...form.getInputProps("priority")}
          />
        </div>
        <Switch label="On" {...form.getInputProps("enabled", { type: "checkbox" })} />
        {refused === undefined ? null : <ErrorState error={refused} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={done}>
            Leave
          </Button>
          <Button type="submit" loading={create.isPending || update.isPending}>
            {schedule === undefined ? "Create schedule" : "Save schedule"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
