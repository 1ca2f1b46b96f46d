import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { toApiError } from "../../api/api-error.ts";
import { AddMemberMutationText } from "../../api/graphql.generated.ts";
import { useMutationOf } from "../../api/hooks.ts";
import { fieldErrors } from "../../forms/field-errors.ts";
import { ErrorState } from "../../ui/states.tsx";
import { roles } from "./roles.ts";

/** Makes the person of an e-mail a member. */
export function AddMember({ done }: { done(): void }) {
  const { mutateAsync, isPending } = useMutationOf(AddMemberMutationText);
  const [refused, setRefused] = useState<unknown>();
  const form = useForm({
    initialValues: { email: "", name: "", role: "member" },
    validate: { email: (email) => (email.includes("@") ? null : "This is not an e-mail address.") },
  });

  async function add({ email, name, role }: typeof form.values): Promise<void> {
    setRefused(undefined);
    try {
      await mutateAsync({ email: email.trim(), role, name: name.trim() });
      done();
    } catch (error) {
      const at = fieldErrors(toApiError(error), ["email", "name", "role"]);
      if (Object.keys(at).length === 0) setRefused(error);
      else form.setErrors(at);
    }
  }

  return (
    <form onSubmit={form.onSubmit((values) => void add(values))} noValidate>
      <Stack gap="sm">
        <TextInput
          label="E-mail"
          type="email"
          required
          data-autofocus
          description="The person signs in with a token of this address."
          {...form.getInputProps("email")}
        />
        <TextInput label="Name" {...form.getInputProps("name")} />
        <Select label="Role" allowDeselect={false} data={[...roles]} {...form.getInputProps("role")} />
        {refused === undefined ? null : <ErrorState error={refused} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={done}>
            Leave
          </Button>
          <Button type="submit" loading={isPending}>
            Add member
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
