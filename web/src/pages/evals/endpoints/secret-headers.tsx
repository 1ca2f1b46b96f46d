import { Button, Fieldset, Group, Text, TextInput } from "@mantine/core";
import { type FieldProps, SecretInput } from "./secret-input.tsx";

/** Headers that nobody is shown again. */
export function SecretHeaders({ values, set, errors, stored }: FieldProps) {
  const { secretHeaders } = values;
  const change = (at: number, changed: Partial<{ name: string; value: string }>) =>
    set({
      secretHeaders: secretHeaders.map((one, index) => (index === at ? { ...one, ...changed } : one)),
    });
  return (
    <Fieldset legend="Secret headers">
      {secretHeaders.map((header, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place; its name is being typed
        <Group key={index} align="flex-end" gap="xs" mb={6}>
          <TextInput
            label={`Name ${index + 1}`}
            value={header.name}
            onChange={(event) => change(index, { name: event.currentTarget.value })}
          />
          <SecretInput
            label={`Value ${index + 1}`}
            stored={stored.includes(header.name)}
            value={header.value}
            onChange={(value) => change(index, { value })}
          />
          <Button
            variant="subtle"
            color="red"
            onClick={() => set({ secretHeaders: secretHeaders.filter((_, at) => at !== index) })}
          >
            {`Remove ${index + 1}`}
          </Button>
        </Group>
      ))}
      {errors.secretHeaders === undefined ? null : (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {errors.secretHeaders}
        </Text>
      )}
      <Button
        variant="default"
        onClick={() => set({ secretHeaders: [...secretHeaders, { name: "", value: "" }] })}
      >
        Add a secret header
      </Button>
    </Fieldset>
  );
}
