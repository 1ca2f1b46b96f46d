import { z } from "zod";
import type { Statement } from "../../tenancy/index.ts";
import type { JobInfo } from "../context.ts";
import type { TaskDefinition } from "../define-task.ts";

/** What `rowlock_private.begin_job` found; only with the verdict "run" is the rest filled. */
const begunSchema = z.discriminatedUnion("verdict", [
  z.object({ verdict: z.enum(["ended", "held", "early", "cancelled"]) }),
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
  }),
]);

export type Begun = { payload: unknown; fence: number; job: JobInfo };
export type NotBegun = { verdict: "ended" | "held" | "early" | "cancelled" };

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
  if (begun.verdict !== "run") return begun;
  return {
    payload: begun.payload,
    fence: begun.fence,
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
