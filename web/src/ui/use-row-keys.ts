import type { KeyboardEvent } from "react";

/**
 * Moves between the rows' links by the arrow keys, Home and End.
 * @param scrollTo brings a row that is not rendered into being; `count` is how many there are
 */
export function useRowKeys(count: number, scrollTo: (index: number) => void) {
  return (event: KeyboardEvent<HTMLTableSectionElement>) => {
    const { target, currentTarget: body } = event;
    if (!(target instanceof HTMLElement) || target.dataset.rowLink === undefined) return;
    const at = Number(target.dataset.rowLink);
    const to = destination(event.key, at, count);
    if (to === undefined || to === at) return;
    event.preventDefault();
    const focus = () => body.querySelector<HTMLElement>(`[data-row-link="${to}"]`)?.focus();
    if (body.querySelector(`[data-row-link="${to}"]`) === null) {
      scrollTo(to);
      // The row is there once the table has been drawn for its new place.
      setTimeout(focus, 60);
    } else focus();
  };
}

function destination(key: string, at: number, count: number): number | undefined {
  if (key === "ArrowDown") return Math.min(count - 1, at + 1);
  if (key === "ArrowUp") return Math.max(0, at - 1);
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : undefined;
}
