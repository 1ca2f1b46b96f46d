import {
  Checkbox,
  JsonInput,
  NativeSelect,
  NumberInput,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import type { Parameter } from "./kinds.ts";

export type Choices = readonly { value: string; label: string }[];

/** A parameter by its type. What is typed is kept as it is; the metric's dialog reads it when it stores. */
export function ParameterInput(props: {
  parameter: Parameter;
  value: unknown;
  set(value: unknown): void;
  error: string | undefined;
  models: Choices;
}) {
  const { parameter, value, set, error, models } = props;
  const { label, type, initially = false } = parameter;
  const text = typeof value === "string" ? value : "";
  if (type === "boolean") {
    return (
      <Checkbox
        label={label}
        checked={typeof value === "boolean" ? value : initially}
        onChange={(event) => set(event.currentTarget.checked)}
        error={error}
      />
    );
  }
  if (type === "number") {
    const number = typeof value === "number" || typeof value === "string" ? value : "";
    return <NumberInput label={label} value={number} onChange={set} error={error} />;
  }
  if (type === "list") {
    const list = Array.isArray(value) ? value.map(String) : [];
    return <TagsInput label={label} value={list} onChange={set} error={error} />;
  }
  if (type === "json") {
    return <JsonInput label={label} autosize minRows={4} value={text} onChange={set} error={error} />;
  }
  if (type === "model") {
    return (
      <NativeSelect
        label={label}
        data={[{ value: "", label: "the organization's judge" }, ...models]}
        value={text}
        onChange={(event) => set(event.currentTarget.value)}
        error={error}
      />
    );
  }
  const Input = type === "area" ? Textarea : TextInput;
  return (
    <Input label={label} value={text} onChange={(event) => set(event.currentTarget.value)} error={error} />
  );
}
