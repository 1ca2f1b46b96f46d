import { Modal, type ModalProps } from "@mantine/core";
import { useLayoutEffect } from "react";

/**
 * A modal dialog. When it closes, also by leaving the page altogether, what opened it has the focus again; the page itself
 * when that is gone.
 */
export function Dialog(props: ModalProps) {
  const { opened } = props;
  useLayoutEffect(() => (opened ? rememberFocus() : undefined), [opened]);
  return <Modal closeButtonProps={{ "aria-label": "Close" }} {...props} />;
}

function rememberFocus(): () => void {
  const before = document.activeElement;
  return () => {
    // After the dialog is gone; whoever went elsewhere meanwhile stays there.
    setTimeout(() => {
      const now = document.activeElement;
      if (now !== null && now !== document.body && now.closest("[role=dialog]") === null) return;
      const to =
        before instanceof HTMLElement && before.isConnected ? before : document.getElementById("main");
      to?.focus({ preventScroll: true });
    }, 20);
  };
}
