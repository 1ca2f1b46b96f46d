import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";

const rowHeight = 37;
/** Fewer rows than this are all drawn: searching in the page and printing find them. */
const fewRows = 80;

/** Which rows of a long table are drawn: those near the window, with room above and below for the rest. */
export function useWindowRows(count: number) {
  const ref = useRef<HTMLTableElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => {
    const top = ref.current?.getBoundingClientRect().top;
    if (top !== undefined) setScrollMargin(Math.round(top + window.scrollY));
  });
  const enabled = count > fewRows;
  const virtualizer = useWindowVirtualizer<HTMLTableRowElement>({
    count,
    enabled,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  return {
    ref,
    indexes: enabled ? items.map(({ index }) => index) : Array.from({ length: count }, (_, index) => index),
    above: enabled && first !== undefined ? first.start - scrollMargin : 0,
    below: enabled && last !== undefined ? virtualizer.getTotalSize() - (last.end - scrollMargin) : 0,
    scrollTo: (index: number) => virtualizer.scrollToIndex(index),
  };
}
