import { Button, Group, NumberInput, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { toApiError } from "../../api/api-error.ts";
import { fieldErrors } from "../../forms/field-errors.ts";
import { numberOr } from "../../forms/number-or.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/states.tsx";
import { useOperatorMutation } from "../door.ts";
import {
  CreateTaskPolicyMutationText,
  type TaskPoliciesQuery,
  UpdateTaskPolicyMutationText,
} from "../graphql.generated.ts";

export type TaskPolicy = NonNullable<NonNullable<TaskPoliciesQuery["taskPolicies"]>["nodes"][number]>;

/** Sets the limits of a task: of one that has none yet, or of the one given. */
export function TaskLimits({ policy, close }: { policy: TaskPolicy | "new" | undefined; close(): void }) {
  const title = policy === undefined || policy === "new" ? "Limit a task" : `Limits of ${policy.task}`;
  return (
    <Dialog opened={policy !== undefined} onClose={close} title={title}>
      {policy === undefined ? null : <Fields policy={policy} close={close} />}
    </Dialog>
  );
}

const names = ["task", "maxRunning", "rateJobs", "rateMs"] as const;

function Fields({ policy, close }: { policy: TaskPolicy | "new"; close(): void }) {
  const former = policy === "new" ? undefined : policy;
  const [task, setTask] = useState(former?.task ?? "");
  const [values, setValues] = useState<Record<"maxRunning" | "rateJobs" | "rateMs", number | string>>({
    maxRunning: former?.maxRunning ?? "",
    rateJobs: former?.rateJobs ?? "",
    rateMs: former?.rateMs ?? "",
  });
  const create = useOperatorMutation(CreateTaskPolicyMutationText);
  const update = useOperatorMutation(UpdateTaskPolicyMutationText);
  const [refused, setRefused] = useState<unknown>();
  const errors = refused === undefined ? {} : fieldErrors(toApiError(refused), names);

  async function save(): Promise<void> {
    setRefused(undefined);
    const patch = {
      maxRunning: numberOr(values.maxRunning, null),
      rateJobs: numberOr(values.rateJobs, null),
      rateMs: numberOr(values.rateMs, null),
    };
    try {
      if (former === undefined) await create.mutateAsync({ policy: { task: task.trim(), ...patch } });
      else await update.mutateAsync({ task: former.task, patch });
      close();
    } catch (error) {
      setRefused(error);
    }
  }

  const field = (name: keyof typeof values) => ({
    value: values[name],
    onChange: (value: number | string) => setValues({ ...values, [name]: value }),
    error: errors[name],
    hideControls: true,
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Stack gap="sm">
        {former === undefined ? (
          <TextInput
            label="Task"
            placeholder="evals/run-test"
            value={task}
            onChange={(event) => setTask(event.currentTarget.value)}
            error={errors.task}
            data-autofocus
          />
        ) : null}
        <NumberInput label="Most at once" description="Empty: no limit" {...field("maxRunning")} />
        <Group grow align="flex-start">
          <NumberInput label="Rate: jobs" description="Empty: no rate" {...field("rateJobs")} />
          <NumberInput label="in so many ms" description="1000 is a second" {...field("rateMs")} />
        </Group>
        {refused !== undefined && Object.keys(errors).length === 0 ? <ErrorState error={refused} /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Close without saving
          </Button>
          <Button type="submit" loading={create.isPending || update.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
