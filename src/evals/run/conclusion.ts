import type { Verdict } from "../metrics/index.ts";

/** What one metric of the run said, by the metric's name. */
export type Evaluation = { metric: string } & Verdict;

/** What is still to be written once an output is judged, or cannot be. */
export type Conclusion =
  | { state: "passed" | "failed"; evaluations: Evaluation[] }
  | { state: "errored"; code: string; message: string; evaluations: Evaluation[] };
