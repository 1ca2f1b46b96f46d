import { Group, NativeSelect, NumberInput, PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import type { ModelListQuery } from "../../../api/graphql.generated.ts";
import { numberOr } from "../../../forms/number-or.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { useRest } from "../shared/rest.ts";

export type ModelLine = NonNullable<NonNullable<ModelListQuery["models"]>["nodes"][number]>;

const providers = ["openai", "anthropic", "google", "mistral", "groq", "openai-compatible"];
const fields = [
  "name",
  "provider",
  "model",
  "baseUrl",
  "key",
  "parameters",
  "inputPrice",
  "outputPrice",
  "timeoutMs",
];

/** Creates a model or replaces one. Its key is typed and never shown; left empty, the stored one stays. */
export function ModelDialog(props: { opened: boolean; close(): void; model: ModelLine | undefined }) {
  const { opened, close, model } = props;
  const given = Object(model?.parameters ?? {}) as { temperature?: number; maxTokens?: number };
  const [texts, setTexts] = useState({
    name: model?.name ?? "",
    provider: model?.provider ?? "openai",
    model: model?.model ?? "",
    baseUrl: model?.baseUrl ?? "",
    key: "",
    inputPrice: model?.inputPrice ?? "",
    outputPrice: model?.outputPrice ?? "",
  });
  const [temperature, setTemperature] = useState<string | number>(given.temperature ?? "");
  const [maxTokens, setMaxTokens] = useState<string | number>(given.maxTokens ?? "");
  const [timeoutMs, setTimeoutMs] = useState<string | number>(model?.timeoutMs ?? 60_000);
  const { mutateAsync } = useRest();
  const bind = (name: keyof typeof texts) => ({
    value: texts[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setTexts((former) => ({ ...former, [name]: value }));
    },
  });
  const save = () =>
    mutateAsync({
      ...(model === undefined
        ? { method: "POST", path: "/models" }
        : { method: "PUT", path: `/models/${model.id}` }),
      json: {
        name: texts.name,
        provider: texts.provider,
        model: texts.model,
        baseUrl: texts.baseUrl || null,
        key: texts.key || undefined,
        parameters: {
          temperature: numberOr(temperature, undefined),
          maxTokens: numberOr(maxTokens, undefined),
        },
        inputPrice: texts.inputPrice || null,
        outputPrice: texts.outputPrice || null,
        timeoutMs: numberOr(timeoutMs, undefined),
      },
    });
  return (
    <FormDialog
      opened={opened}
      close={close}
      title={model === undefined ? "Add a model" : `Edit ${model.name}`}
      verb={model === undefined ? "Add" : "Save"}
      save={save}
      fields={fields}
    >
      {(errors) => (
        <>
          <TextInput label="Name" {...bind("name")} error={errors.name} data-autofocus />
          <Group grow align="flex-start">
            <NativeSelect label="Provider" data={providers} {...bind("provider")} error={errors.provider} />
            <TextInput label="Model id" {...bind("model")} error={errors.model} />
          </Group>
          <TextInput
            label="Base URL"
            description="Instead of the provider's own; openai-compatible needs one."
            {...bind("baseUrl")}
            error={errors.baseUrl}
          />
          <PasswordInput
            label="Key"
            description="Kept encrypted and shown to nobody."
            placeholder={model?.keyId ? "stored; empty keeps it" : ""}
            autoComplete="off"
            visibilityToggleButtonProps={{ "aria-label": "Show what is typed as the key" }}
            {...bind("key")}
            error={errors.key}
          />
          <Group grow align="flex-start">
            <NumberInput
              label="Temperature"
              value={temperature}
              onChange={setTemperature}
              error={errors["parameters.temperature"]}
            />
            <NumberInput
              label="Tokens at most"
              value={maxTokens}
              onChange={setMaxTokens}
              error={errors["parameters.maxTokens"]}
            />
            <NumberInput
              label="Timeout, ms"
              value={timeoutMs}
              onChange={setTimeoutMs}
              error={errors.timeoutMs}
            />
          </Group>
          <Group grow align="flex-start">
            <TextInput
              label="Price of input"
              description="Per million tokens."
              {...bind("inputPrice")}
              error={errors.inputPrice}
            />
            <TextInput
              label="Price of output"
              description="Per million tokens."
              {...bind("outputPrice")}
              error={errors.outputPrice}
            />
          </Group>
        </>
      )}
    </FormDialog>
  );
}
