import { Button, Group, Stack } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Dialog } from "./dialog.tsx";
import { ErrorState } from "./states.tsx";

/** Asks before something is done to many or cannot be undone. What the API refuses is shown in the dialog. */
export function ConfirmDialog(props: {
  opened: boolean;
  close(): void;
  /** A question that names what and how many: `Cancel 1,204 jobs?` */
  title: string;
  children?: ReactNode;
  /** The verb on the button, with the count: `Cancel 1,204 jobs`. */
  confirm: string;
  danger?: boolean;
  /** While what is asked about, its count say, is still being read. */
  disabled?: boolean;
  act(): Promise<unknown>;
}) {
  const { opened, close, title, children, confirm, danger = false, disabled = false, act } = props;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  async function go(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await act();
      close();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog opened={opened} onClose={close} title={title} centered>
      <Stack gap="md">
        {children === undefined ? null : <div>{children}</div>}
        {error === undefined ? null : <ErrorState error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            Keep as it is
          </Button>
          <Button
            color={danger ? "red" : "indigo"}
            loading={busy}
            disabled={disabled}
            onClick={() => void go()}
          >
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
