/** What must have become of a job of each task, whatever happened to those who ran it. */
export type Expectation = { state: "succeeded" | "failed"; attempt: number; effects: number };

export const expectations = {
  bundled: { state: "succeeded", attempt: 1, effects: 1 },
  single: { state: "succeeded", attempt: 1, effects: 1 },
  outside: { state: "succeeded", attempt: 1, effects: 1 },
  flaky: { state: "succeeded", attempt: 2, effects: 1 },
  doomed: { state: "failed", attempt: 1, effects: 0 },
  relay: { state: "succeeded", attempt: 1, effects: 1 },
} as const satisfies Record<string, Expectation>;

export type TaskName = keyof typeof expectations;

/** The key of the job that a relay launches. */
export const childKey = (key: string): string => `${key}>`;
/** The key of the job that completes a batch, by that of its first job. */
export const lastKey = (key: string): string => `${key}#`;
