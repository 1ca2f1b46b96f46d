import { PasswordInput } from "@mantine/core";
import type { FieldErrors } from "../shared/field-errors.ts";
import type { EndpointValues } from "./endpoint-values.ts";

/** What each part of the form is given. */
export type FieldProps = {
  values: EndpointValues;
  set(changed: Partial<EndpointValues>): void;
  errors: FieldErrors;
  /** Names of the secrets that are stored. */
  stored: readonly string[];
};

/** A secret that is typed and never shown; empty keeps the one that is stored. */
export function SecretInput(props: {
  label: string;
  stored: boolean;
  value: string;
  onChange(value: string): void;
}) {
  const { label, stored, value, onChange } = props;
  return (
    <PasswordInput
      label={label}
      autoComplete="off"
      placeholder={stored ? "stored; empty keeps it" : ""}
      visibilityToggleButtonProps={{ "aria-label": `Show what is typed as ${label}` }}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
