import { Group, JsonInput, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { FormDialog } from "../shared/form-dialog.tsx";
import { useRest } from "../shared/rest.ts";
import { AuthFields } from "./auth-fields.tsx";
import { bodyOf, type EndpointLine, type EndpointValues, valuesOf } from "./endpoint-values.ts";
import { SecretHeaders } from "./secret-headers.tsx";

const fields = [
  "name",
  "url",
  "method",
  "headers",
  "secretHeaders",
  "requestTemplate",
  "responsePath",
  "responseMapping",
  "auth",
  "timeoutMs",
  "maxAttempts",
  "concurrency",
  "ratePerMinute",
];

/** Creates an endpoint or replaces one. */
export function EndpointDialog(props: {
  opened: boolean;
  close(): void;
  endpoint: EndpointLine | undefined;
  stored: readonly string[];
}) {
  const { opened, close, endpoint, stored } = props;
  const [values, setValues] = useState(() => valuesOf(endpoint));
  const { mutateAsync } = useRest();
  const set = (changed: Partial<EndpointValues>) => setValues((former) => ({ ...former, ...changed }));
  const save = async () =>
    mutateAsync({
      ...(endpoint === undefined
        ? { method: "POST", path: "/endpoints" }
        : { method: "PUT", path: `/endpoints/${endpoint.id}` }),
      json: bodyOf(values),
    });
  return (
    <FormDialog
      opened={opened}
      close={close}
      title={endpoint === undefined ? "Create an endpoint" : `Edit ${endpoint.name}`}
      verb={endpoint === undefined ? "Create" : "Save"}
      save={save}
      fields={fields}
    >
      {(errors) => (
        <>
          <TextInput
            label="Name"
            value={values.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={errors.name}
            data-autofocus
          />
          <Group align="flex-start" gap="xs" wrap="nowrap">
            <NativeSelect
              label="Method"
              w={100}
              data={["POST", "GET", "PUT", "PATCH"]}
              value={values.method}
              onChange={(event) => set({ method: event.currentTarget.value })}
              error={errors.method}
            />
            <TextInput
              label="URL"
              flex={1}
              value={values.url}
              onChange={(event) => set({ url: event.currentTarget.value })}
              error={errors.url}
            />
          </Group>
          {values.method === "GET" ? null : (
            <JsonInput
              label="Request template"
              description="JSON; its texts know {{ input }}, {{ messages }} and {{ conversationId }}."
              autosize
              minRows={3}
              value={values.requestTemplate}
              onChange={(requestTemplate) => set({ requestTemplate })}
              error={errors.requestTemplate}
            />
          )}
          <TextInput
            label="Path to the output"
            description="JSONata into the answer, such as choices[0].message.content."
            value={values.responsePath}
            onChange={(event) => set({ responsePath: event.currentTarget.value })}
            error={errors.responsePath}
          />
          <Group grow align="flex-start">
            {(["context", "toolCalls", "conversationId"] as const).map((name) => (
              <TextInput
                key={name}
                label={`Path to ${name}`}
                value={values[name]}
                onChange={(event) => set({ [name]: event.currentTarget.value })}
                error={name === "context" ? errors.responseMapping : errors.responseMapping !== undefined}
              />
            ))}
          </Group>
          <AuthFields values={values} set={set} errors={errors} stored={stored} />
          <JsonInput
            label="Headers"
            description="Sent as they are, and read by every member. Credentials are kept as secrets."
            autosize
            value={values.headers}
            onChange={(headers) => set({ headers })}
            error={errors.headers}
          />
          <SecretHeaders values={values} set={set} errors={errors} stored={stored} />
          <Group grow align="flex-start">
            {bounds.map(([name, label]) => (
              <NumberInput
                key={name}
                label={label}
                value={values[name]}
                onChange={(value) => set({ [name]: value })}
                error={errors[name]}
              />
            ))}
          </Group>
        </>
      )}
    </FormDialog>
  );
}

const bounds = [
  ["timeoutMs", "Timeout, ms"],
  ["maxAttempts", "Attempts"],
  ["concurrency", "Calls at once"],
  ["ratePerMinute", "Calls a minute"],
] as const;
