import { Alert, Button, Code, CopyButton, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { CheckIcon, CopyIcon } from "@radix-ui/react-icons";
import { useState } from "react";
import { toApiError } from "../../api/api-error.ts";
import { CreateApiKeyMutationText } from "../../api/graphql.generated.ts";
import { useMutationOf } from "../../api/hooks.ts";
import { fieldErrors } from "../../forms/field-errors.ts";
import { useViewer } from "../../session/use-viewer.ts";
import { ErrorState } from "../../ui/states.tsx";
import { roleNames } from "../members/roles.ts";

const lives = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "a year" },
  { value: "never", label: "until it is revoked" },
];

/** Makes a key, then shows its secret, this once. */
export function KeyForm({ done }: { done(): void }) {
  const own = useViewer()?.role ?? "viewer";
  const mine = roleNames.map(String).indexOf(own);
  const { mutateAsync, isPending } = useMutationOf(CreateApiKeyMutationText);
  const [secret, setSecret] = useState<string>();
  const [refused, setRefused] = useState<unknown>();
  const form = useForm({
    initialValues: { name: "", role: own === "viewer" ? "viewer" : "member", life: "90" },
    validate: { name: (name) => (name.trim() === "" ? "Say what the key is for." : null) },
  });

  async function create({ name, role, life }: typeof form.values): Promise<void> {
    setRefused(undefined);
    const expiresAt =
      life === "never" ? null : new Date(Date.now() + Number(life) * 86_400_000).toISOString();
    try {
      const { createApiKey } = await mutateAsync({ name: name.trim(), role, expiresAt });
      setSecret(createApiKey?.result?.secret ?? undefined);
    } catch (error) {
      const at = fieldErrors(toApiError(error), ["name", "role"]);
      if (Object.keys(at).length === 0) setRefused(error);
      else form.setErrors(at);
    }
  }

  if (secret !== undefined) return <Secret secret={secret} done={done} />;
  return (
    <form onSubmit={form.onSubmit((values) => void create(values))} noValidate>
      <Stack gap="sm">
        <TextInput
          label="Name"
          description="What it is for, such as the program that uses it"
          required
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Select
          label="Role"
          description="At most your own"
          allowDeselect={false}
          data={roleNames.filter((_, rank) => rank >= mine)}
          {...form.getInputProps("role")}
        />
        <Select label="Valid for" allowDeselect={false} data={lives} {...form.getInputProps("life")} />
        {refused === undefined ? null : <ErrorState error={refused} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={done}>
            Leave
          </Button>
          <Button type="submit" loading={isPending}>
            Create key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Secret({ secret, done }: { secret: string; done(): void }) {
  return (
    <Stack gap="sm">
      <Alert variant="default" title="Copy it now" role="status">
        <Text size="sm">Only its hash is stored: nobody can show the key again.</Text>
      </Alert>
      <Code block aria-label="The new API key" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
        {secret}
      </Code>
      <Group justify="flex-end" gap="xs">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy} leftSection={copied ? <CheckIcon /> : <CopyIcon />}>
              {copied ? "Copied" : "Copy key"}
            </Button>
          )}
        </CopyButton>
        <Button onClick={done}>I have it</Button>
      </Group>
    </Stack>
  );
}
