import { Button, Group } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { type ReactNode, useEffect, useEffectEvent } from "react";

export type More = {
  load(): void;
  loading: boolean;
  label?: string;
  /** Says what has been looked at so far. */
  note?: ReactNode;
  /** Loads when its end comes near the window, so that scrolling goes on. */
  byItself?: boolean;
};

/** The end of a table of which not all rows are here. */
export function MoreRows({ load, loading, label, note, byItself = false }: More) {
  // Ahead of the window by about two of it: the rows are there before the reader is.
  const { ref, entry } = useIntersection({ rootMargin: "1600px 0px" });
  const near = entry?.isIntersecting === true;
  const loadOnce = useEffectEvent(load);
  useEffect(() => {
    if (byItself && near && !loading) loadOnce();
  }, [byItself, near, loading]);
  return (
    <Group ref={ref} justify="center" p="sm" gap="md">
      {note}
      <Button variant="default" onClick={load} loading={loading}>
        {label ?? "Load more"}
      </Button>
    </Group>
  );
}
