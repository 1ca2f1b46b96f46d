import type { FindJobsQueryVariables } from "../../api/graphql.generated.ts";

/** What the list is narrowed to; all of it stands in the page's address, so that a list can be sent to somebody. */
export type Filters = {
  text: string;
  states: readonly string[];
  task: string;
  key: string;
  tag: string;
  batch: string;
  /** The fingerprint of an error. */
  error: string;
  /** Launched in the last so many minutes; empty for all time. */
  minutes: string;
};

export const unfinished = ["scheduled", "blocked", "waiting", "queued", "running"];
export const retriable = ["failed", "cancelled"];
export const allStates = [...unfinished, "succeeded", ...retriable];

export function readFilters(search: URLSearchParams): Filters {
  const get = (name: string) => search.get(name) ?? "";
  return {
    text: get("q"),
    states: search.getAll("state").filter((state) => allStates.includes(state)),
    task: get("task"),
    key: get("key"),
    tag: get("tag"),
    batch: get("batch"),
    error: get("error"),
    minutes: /^\d{1,6}$/.test(get("minutes")) ? get("minutes") : "",
  };
}

export function writeFilters({ text, states, ...rest }: Filters): URLSearchParams {
  const search = new URLSearchParams(states.map((state) => ["state", state]));
  for (const [name, value] of Object.entries({ q: text, ...rest })) if (value !== "") search.set(name, value);
  return search;
}

/** @param now the moment from which `minutes` are counted, in ms; keep it while the list is shown */
export function toVariables(filters: Filters, now: number): FindJobsQueryVariables {
  const { text, states, task, key, tag, batch, error, minutes } = filters;
  return {
    ...(text === "" ? {} : { text }),
    ...(states.length === 0 ? {} : { states }),
    ...(task === "" ? {} : { tasks: [task] }),
    ...(key === "" ? {} : { key }),
    ...(tag === "" ? {} : { tag }),
    ...(batch === "" ? {} : { batchId: batch }),
    ...(error === "" ? {} : { errorFingerprint: error }),
    ...(minutes === "" ? {} : { launchedAfter: new Date(now - Number(minutes) * 60_000).toISOString() }),
  };
}

/** The same conditions as `cancelJobs`, `retryJobs` and `countMatchingJobs` take them; those know no text. */
export function toMatch(filters: Filters, states: readonly string[], now: number) {
  const { tasks: _tasks, text: _text, batchId: _batch, ...rest } = toVariables(filters, now);
  const { task, batch } = filters;
  return { ...rest, states, ...(task === "" ? {} : { task }), ...(batch === "" ? {} : { batch }) };
}
