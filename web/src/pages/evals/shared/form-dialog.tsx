import { Button, Group, Stack } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { toApiError } from "../../../api/api-error.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { ErrorState } from "../../../ui/states.tsx";
import { type FieldErrors, fieldErrors } from "./field-errors.ts";

/** A form in a dialog. What the API refuses stands at the field it names, and above the buttons where it names none. */
export function FormDialog(props: {
  opened: boolean;
  close(): void;
  title: string;
  /** The verb on the button. */
  verb: string;
  /** Stores; throws what the API refuses. */
  save(): Promise<unknown>;
  /** Names of the fields that show errors. */
  fields: readonly string[];
  children: (errors: FieldErrors) => ReactNode;
}) {
  const { opened, close, title, verb, save, fields, children } = props;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const errors = error === undefined ? {} : fieldErrors(error);
  const elsewhere =
    error !== undefined &&
    (Object.keys(errors).length === 0 ||
      Object.keys(errors).some((name) => !fields.includes(name.split(".")[0] ?? "")));

  async function submit(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await save();
      close();
    } catch (refused) {
      setError(toApiError(refused));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog opened={opened} onClose={close} title={title} size="lg">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack gap="sm">
          {children(errors)}
          {elsewhere ? <ErrorState error={error} /> : null}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Close without saving
            </Button>
            <Button type="submit" loading={busy}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
