import { useInterval } from "@mantine/hooks";
import { useState } from "react";
import { queryClient } from "../api/query-client.ts";
import { liveEvery } from "./refresh.ts";

/** Since when (ms) the oldest live answer on the page is as it is; undefined when nothing on it is live. Looked at each second. */
export function useStaleSince(): number | undefined {
  const [since, setSince] = useState(oldest);
  useInterval(() => setSince(oldest()), 1_000, { autoInvoke: true });
  return since;
}

function oldest(): number | undefined {
  const times = queryClient
    .getQueryCache()
    .getAll()
    .filter((query) => query.isActive() && liveEvery(query) !== undefined)
    .map((query) => query.state.dataUpdatedAt)
    .filter((time) => time > 0);
  return times.length === 0 ? undefined : Math.min(...times);
}
