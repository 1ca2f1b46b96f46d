import { backlog } from "./backlog.ts";
import { noop, realJob, twoWorkers, waiting } from "./drains.ts";
import { latency } from "./latency.ts";
import { launches } from "./launches.ts";
import { launchesBusy } from "./launches-busy.ts";
import { manyOrganizations } from "./many-organizations.ts";
import type { Scenario } from "./scenario.ts";
import { singly } from "./singly.ts";
import { starvation } from "./starvation.ts";

export type { Column, Figures, Scenario } from "./scenario.ts";

/** In the order of the report. */
export const scenarios: readonly Scenario[] = [
  realJob,
  singly,
  noop,
  launches,
  launchesBusy,
  latency,
  waiting,
  twoWorkers,
  backlog,
  manyOrganizations,
  starvation,
];
