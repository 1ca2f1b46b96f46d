/** The ways of a job, ended ones first: a bar of them fills from the left. */
export const states = [
  "succeeded",
  "failed",
  "cancelled",
  "running",
  "queued",
  "waiting",
  "blocked",
  "scheduled",
] as const;

export type State = (typeof states)[number];
/** Counts by state as the API tells them: texts, since they are of eight bytes. */
export type Progress = Readonly<Record<State | "jobs", string>>;

export type Count = { state: State; jobs: number };

/** The states that jobs are in. */
export function countsOf(progress: Progress): readonly Count[] {
  return states.map((state) => ({ state, jobs: Number(progress[state]) })).filter(({ jobs }) => jobs > 0);
}

/** How many have not ended. */
export function unfinished(progress: Progress): number {
  return (
    Number(progress.jobs) - Number(progress.succeeded) - Number(progress.failed) - Number(progress.cancelled)
  );
}
