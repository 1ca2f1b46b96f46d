import { notifications } from "@mantine/notifications";
import { toApiError } from "../../../api/api-error.ts";

const closeButtonProps = { "aria-label": "Close the notice" };

/** Tells what was done. */
export function tell(message: string): void {
  notifications.show({ message, closeButtonProps });
}

/** Tells what was refused: `title` says what was not done. */
export function tellRefusal(title: string, error: unknown): void {
  notifications.show({ color: "red", title, message: toApiError(error).message, closeButtonProps });
}
