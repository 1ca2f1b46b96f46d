import { z } from "zod";
import type { Statement } from "../../tenancy/index.ts";
import type { JobInfo } from "../context.ts";
import type { TaskDefinition } from "../define-task.ts";
import type { Outcome } from "./outcome.ts";

/** What `rowlock_private.begin_job` found; only with the verdict "run" is the rest filled. */
const begunSchema = z.discriminatedUnion("verdict", [
  z.object({ verdict: z.enum(["ended", "held", "early", "overdue", "cancelled"]) }),
  z.object({
    verdict: z.literal("run"),
    organization_id: z.string(),
    user_id: z.string().nullable(),
    payload: z.unknown(),
    key: z.string().nullable(),
    attempt: z.number(),
    max_attempts: z.number(),
    fence: z.number(),
    created_at: z.date(),
    deadline_ms: z.number().nullable(),
  }),
]);

export type Begun = {
  payload: unknown;
  fence: number;
  /** Until the job's deadline, in milliseconds; null without one. */
  deadlineMs: number | null;
  job: JobInfo;
};
export type NotBegun = { verdict: "ended" | "held" | "early" | "overdue" | "cancelled" };

/** The statement that locks a job, re-checks who launched it and sets this transaction's claims from its row. */
export function beginStatement(jobId: string, definition: TaskDefinition): Statement {
  return {
    name: "rowlock_begin",
    text: "select * from rowlock_private.begin_job($1, $2, $3)",
    values: [jobId, definition.name, definition.kind === "long"],
  };
}

export function readBegun(jobId: string, definition: TaskDefinition, row: unknown): Begun | NotBegun {
  const begun = begunSchema.parse(row);
  return begun.verdict === "run" ? toBegun(jobId, definition, begun) : begun;
}

/** As `beginStatement`, for the jobs of a bundle. */
export function beginBundleStatement(ids: readonly string[], definition: TaskDefinition): Statement {
  return {
    name: "rowlock_begin_jobs",
    text: "select * from rowlock_private.begin_jobs($1, $2)",
    values: [ids, definition.name],
  };
}

const idSchema = z.object({ id: z.uuid() });

/** The jobs to run, in order, and how the deliveries of the others ended. */
export function readBundle(
  definition: TaskDefinition,
  rows: readonly unknown[],
): { begun: Begun[]; outcomes: Map<string, Outcome> } {
  const begun: Begun[] = [];
  const outcomes = new Map<string, Outcome>();
  for (const row of rows) {
    const { id } = idSchema.parse(row);
    const one = readBegun(id, definition, row);
    if ("verdict" in one) outcomes.set(id, { kind: one.verdict });
    else begun.push(one);
  }
  return { begun, outcomes };
}

function toBegun(
  jobId: string,
  definition: TaskDefinition,
  begun: Extract<z.infer<typeof begunSchema>, { verdict: "run" }>,
): Begun {
  return {
    payload: begun.payload,
    fence: begun.fence,
    deadlineMs: begun.deadline_ms,
    job: {
      id: jobId,
      task: definition.name,
      organizationId: begun.organization_id,
      userId: begun.user_id,
      key: begun.key,
      attempt: begun.attempt,
      maxAttempts: begun.max_attempts,
      createdAt: begun.created_at,
    },
  };
}
