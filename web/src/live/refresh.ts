import type { Query } from "@tanstack/react-query";
import { queryClient } from "../api/query-client.ts";

/** However much happens, what is shown is read at most twice a second. */
const leastMs = 500;
let waiting: ReturnType<typeof setTimeout> | undefined;
let last = 0;

/** Reads again what is shown and asked to be live; calls that come close together are one. */
export function refreshSoon(): void {
  if (waiting !== undefined) return;
  waiting = setTimeout(refresh, Math.max(0, last + leastMs - Date.now()));
}

function refresh(): void {
  waiting = undefined;
  last = Date.now();
  let later = false;
  void queryClient.invalidateQueries(
    {
      refetchType: "active",
      predicate: (query) => {
        const every = liveEvery(query);
        if (every === undefined) return false;
        if (!query.isActive()) return true;
        // One under way answers with what was; it is asked again after it.
        const due =
          query.state.fetchStatus === "idle" && query.state.dataUpdatedAt + every <= Date.now() + 50;
        if (!due) later = true;
        return due;
      },
    },
    { cancelRefetch: false },
  );
  if (later) refreshSoon();
}

/**
 * The least time between two readings of a query, in ms; undefined when it does not follow the jobs. A list is read again
 * with all its pages: the longer someone has scrolled, the rarer.
 */
export function liveEvery(query: Query): number | undefined {
  const live = query.meta?.live;
  if (typeof live !== "number") return undefined;
  const { data } = query.state;
  const isList = typeof data === "object" && data !== null && "pages" in data && Array.isArray(data.pages);
  return live * (isList ? Math.max(1, (data.pages as unknown[]).length) : 1);
}
