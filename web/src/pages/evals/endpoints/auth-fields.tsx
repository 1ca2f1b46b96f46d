import { Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { type FieldProps, SecretInput } from "./secret-input.tsx";

const kinds = [
  { value: "none", label: "nobody" },
  { value: "bearer", label: "a bearer token" },
  { value: "header", label: "a header" },
  { value: "oauth", label: "OAuth client credentials" },
];

/** Who the call says it is. */
export function AuthFields({ values, set, errors, stored }: FieldProps) {
  const { authType } = values;
  const has = stored.includes("auth");
  const text = (name: "headerName" | "tokenUrl" | "clientId" | "scope" | "audience", label: string) => (
    <TextInput
      label={label}
      value={values[name]}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
    />
  );
  const secret = (name: "token" | "headerValue" | "clientSecret", label: string) => (
    <SecretInput
      label={label}
      stored={has}
      value={values[name]}
      onChange={(value) => set({ [name]: value })}
    />
  );
  return (
    <>
      <NativeSelect
        label="Says it is"
        data={kinds}
        value={authType}
        onChange={(event) => set({ authType: event.currentTarget.value })}
      />
      {authType === "bearer" ? secret("token", "Token") : null}
      {authType === "header" ? (
        <Group grow>
          {text("headerName", "Name of the header")}
          {secret("headerValue", "Value of the header")}
        </Group>
      ) : null}
      {authType === "oauth" ? (
        <>
          {text("tokenUrl", "Token URL")}
          <Group grow>
            {text("clientId", "Client id")}
            {secret("clientSecret", "Client secret")}
          </Group>
          <Group grow>
            {text("scope", "Scope")}
            {text("audience", "Audience")}
          </Group>
        </>
      ) : null}
      {errors.auth === undefined ? null : (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {errors.auth}
        </Text>
      )}
    </>
  );
}
