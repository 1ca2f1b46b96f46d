import type { Judgement } from "../judges/index.ts";

/** What one metric of the run said, by the metric's name. */
export type Evaluation = { metric: string } & Judgement;

/** What is still to be written once an output is judged, or cannot be. */
export type Conclusion =
  | { state: "passed" | "failed"; evaluations: Evaluation[] }
  | { state: "errored"; code: string; message: string; evaluations: Evaluation[] };
