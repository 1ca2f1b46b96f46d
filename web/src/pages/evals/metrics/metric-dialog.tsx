import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { type MetricListQuery, ModelChoicesQueryText } from "../../../api/graphql.generated.ts";
import { useQueryOf } from "../../../api/hooks.ts";
import { readJson } from "../shared/field-errors.ts";
import { FormDialog } from "../shared/form-dialog.tsx";
import { toOptions } from "../shared/options.ts";
import { useRest } from "../shared/rest.ts";
import { kinds, type Parameter } from "./kinds.ts";
import { ParameterInput } from "./parameter-input.tsx";

export type MetricLine = NonNullable<NonNullable<MetricListQuery["metrics"]>["nodes"][number]>;
type Given = Readonly<Record<string, unknown>>;

/** Creates a metric or replaces one, with the fields of its kind. */
export function MetricDialog(props: { opened: boolean; close(): void; metric: MetricLine | undefined }) {
  const { opened, close, metric } = props;
  const [name, setName] = useState(metric?.name ?? "");
  const [kind, setKind] = useState(metric?.kind ?? "contains");
  const [given, setGiven] = useState<Given>(() => typedOf(metric));
  const { data } = useQueryOf(ModelChoicesQueryText, {}, { enabled: opened });
  const { mutateAsync } = useRest();
  const parameters = kinds[kind]?.parameters ?? [];
  const save = async () =>
    mutateAsync({
      ...(metric === undefined
        ? { method: "POST", path: "/metrics" }
        : { method: "PUT", path: `/metrics/${metric.id}` }),
      json: { name, kind, parameters: read(parameters, given) },
    });
  return (
    <FormDialog
      opened={opened}
      close={close}
      title={metric === undefined ? "Create a metric" : `Edit ${metric.name}`}
      verb={metric === undefined ? "Create" : "Save"}
      save={save}
      fields={["name", "kind", ...parameters.map((parameter) => parameter.name)].concat("parameters")}
    >
      {(errors) => (
        <>
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errors.name}
            data-autofocus
          />
          <NativeSelect
            label="Kind"
            description={kinds[kind]?.passes}
            data={Object.keys(kinds)}
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value)}
            error={errors.kind}
          />
          {parameters.map((parameter) => (
            <ParameterInput
              key={`${kind} ${parameter.name}`}
              parameter={parameter}
              value={given[parameter.name]}
              set={(value) => setGiven((former) => ({ ...former, [parameter.name]: value }))}
              error={errors[`parameters.${parameter.name}`] ?? errors[parameter.name]}
              models={toOptions(data?.models?.nodes)}
            />
          ))}
        </>
      )}
    </FormDialog>
  );
}

/** A stored metric's parameters as they are typed. */
function typedOf(metric: MetricLine | undefined): Given {
  const stored = Object(metric?.parameters ?? {}) as Given;
  const parameters = kinds[metric?.kind ?? ""]?.parameters ?? [];
  return Object.fromEntries(
    parameters
      .filter(({ name }) => stored[name] !== undefined)
      .map(({ name, type }) => [
        name,
        type === "json" ? JSON.stringify(stored[name], null, 2) : stored[name],
      ]),
  );
}

/** What was typed, as the API takes it; what was left empty is left out. */
function read(parameters: readonly Parameter[], given: Given): Given {
  const filled = parameters.filter(({ name }) => given[name] !== undefined && given[name] !== "");
  return Object.fromEntries(
    filled.map(({ name, type }) => {
      const value = given[name];
      if (type === "json") return [name, readJson(String(value), name)];
      return [name, type === "number" ? Number(value) : value];
    }),
  );
}
