import { Button, Group, NumberInput, SimpleGrid, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { toApiError } from "../../api/api-error.ts";
import { fieldErrors } from "../../forms/field-errors.ts";
import { ErrorState } from "../../ui/states.tsx";
import { useOperatorMutation } from "../door.ts";
import { CreatePolicyMutationText, UpdatePolicyMutationText } from "../graphql.generated.ts";
import { fieldsOf, type Policy, type PolicyFields, patchOf, policyFieldNames } from "./policy.ts";

type Name = keyof PolicyFields;

const limits: readonly { name: Name; label: string; description: string }[] = [
  {
    name: "weight",
    label: "Weight",
    description: "Share beside others, while there is more to do than hands",
  },
  { name: "maxRunning", label: "Most at once", description: "Jobs in flight; empty: no limit" },
  { name: "maxPending", label: "Most unfinished", description: "More launches are refused; empty: no limit" },
  { name: "rateJobs", label: "Rate: jobs", description: "Begun in each interval; empty: no rate" },
  { name: "rateMs", label: "Rate: interval in ms", description: "1000 is a second" },
];
const kept: readonly { name: Name; label: string }[] = [
  { name: "months", label: "Kept: months" },
  { name: "days", label: "days" },
  { name: "hours", label: "hours" },
];

/** What an organization may use. It counts from the next half second on, for jobs not yet handed over. */
export function PolicyForm({ organizationId, policy }: { organizationId: string; policy: Policy | null }) {
  const create = useOperatorMutation(CreatePolicyMutationText);
  const update = useOperatorMutation(UpdatePolicyMutationText);
  const [changed, setChanged] = useState<Partial<PolicyFields>>({});
  const [refused, setRefused] = useState<unknown>();
  const values = { ...fieldsOf(policy), ...changed };
  const errors = refused === undefined ? {} : fieldErrors(toApiError(refused), policyFieldNames);

  async function save(): Promise<void> {
    setRefused(undefined);
    const patch = patchOf(values);
    try {
      if (policy === null) await create.mutateAsync({ policy: { organizationId, ...patch } });
      else await update.mutateAsync({ id: organizationId, patch });
      setChanged({});
      notifications.show({ message: "Saved. It counts within half a second." });
    } catch (error) {
      setRefused(error);
    }
  }

  const field = (name: Name) => ({
    value: values[name],
    onChange: (value: number | string) => setChanged({ ...changed, [name]: value }),
    error: name in errors ? errors[name as keyof typeof errors] : undefined,
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
        <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }} spacing="sm">
          {limits.map(({ name, label, description }) => (
            <NumberInput key={name} label={label} description={description} {...field(name)} />
          ))}
        </SimpleGrid>
        <Group gap="sm" align="end">
          {kept.map(({ name, label }) => (
            <NumberInput key={name} label={label} w={110} {...field(name)} />
          ))}
        </Group>
        <Text size="sm" c={"retention" in errors ? "var(--mantine-color-error)" : "dimmed"}>
          {errors.retention ??
            "How long ended jobs are kept, from their launch on. All empty: until whole periods are dropped."}
        </Text>
        {refused !== undefined && Object.keys(errors).length === 0 ? <ErrorState error={refused} /> : null}
        <Group justify="flex-end" gap="xs">
          <Button
            variant="default"
            disabled={Object.keys(changed).length === 0}
            onClick={() => {
              setChanged({});
              setRefused(undefined);
            }}
          >
            As it was
          </Button>
          <Button type="submit" loading={create.isPending || update.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
