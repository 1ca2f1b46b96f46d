import type { JobQuery } from "../../api/graphql.generated.ts";

export type Job = NonNullable<JobQuery["job"]>;
export type JobEvent = NonNullable<NonNullable<JobQuery["jobEvents"]>["nodes"][number]>;
export type JobStep = NonNullable<NonNullable<JobQuery["jobSteps"]>["nodes"][number]>;

const ended = new Set(["succeeded", "failed", "cancelled"]);

export const hasEnded = ({ state }: Pick<Job, "state">): boolean => ended.has(state);
