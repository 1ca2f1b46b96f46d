import { z } from "zod";
import type { Overview, TaskInfo, Viewer } from "../../jobs/index.ts";
import { endStates, type Job, liveStates } from "../../sdk/index.ts";
import { findRequest } from "../find-request.ts";

/** What REST answers with. The OpenAPI document is made of these, and tests hold the answers against it. */
export const jobState = z.enum([...liveStates, ...endStates]).meta({ id: "JobState" });

const moment = z.iso.datetime();

export const job = z
  .object({
    id: z.uuid(),
    task: z.string(),
    state: jobState,
    payload: z.unknown(),
    key: z.string().nullable(),
    priority: z.int(),
    attempt: z.int().describe("Attempts made; 0 before the first"),
    maxAttempts: z.int(),
    progress: z.object({ fraction: z.number().min(0).max(1), note: z.string().nullable() }).nullable(),
    result: z.unknown().describe("What the task returned; null unless it succeeded"),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    errorFingerprint: z
      .string()
      .nullable()
      .describe("The same for errors that differ only in numbers, ids and quoted texts"),
    tags: z.array(z.string()),
    userId: z.uuid().nullable().describe("Who launched it; null for the system"),
    source: z.string().describe("The door it came through: rest, graphql, sql, trigger, task"),
    batchId: z.uuid().nullable().describe("The batch it is one of"),
    createdAt: moment,
    runAt: moment,
    startedAt: moment.nullable(),
    finishedAt: moment.nullable(),
    deadline: moment.nullable().describe("Failed if it has not ended by then"),
    cancelRequestedAt: moment.nullable().describe("Since when a job at work is to be cancelled"),
  })
  .meta({ id: "Job" }) satisfies z.ZodType<Job>;

export const jobPage = z
  .object({
    jobs: z.array(job),
    next: z.uuid().nullable().describe("Pass as `after` for the next page; null on the last one"),
    searchedTo: moment
      .nullable()
      .optional()
      .describe("Of a search: all that was launched later has been looked at; null when all has been"),
  })
  .meta({ id: "JobPage" });

export const launched = z.object({ ids: z.array(z.uuid()) }).meta({ id: "LaunchedJobs" });

const jsonSchema = z.record(z.string(), z.unknown()).describe("A JSON Schema");

export const taskInfo = z
  .object({
    name: z.string(),
    description: z.string(),
    kind: z.enum(["transactional", "long"]),
    inputSchema: jsonSchema,
    outputSchema: jsonSchema.nullable(),
    launchRole: z.string().describe("The least role that may launch it"),
    maxAttempts: z.int(),
    timeoutMs: z.int(),
    deadlineMs: z.int().nullable().describe("Longest time from runAt to the end, retries included"),
  })
  .meta({ id: "Task" }) satisfies z.ZodType<TaskInfo>;

export const taskList = z.object({ tasks: z.array(taskInfo) }).meta({ id: "TaskList" });

export const errorBody = z
  .object({
    error: z.object({
      code: z.string().describe("One of docs/errors.md"),
      message: z.string(),
      issues: z.array(
        z.object({ path: z.string().describe("JSON pointer, such as /items/0/url"), message: z.string() }),
      ),
    }),
  })
  .meta({ id: "Error" });

/** Query of the list of jobs: with any of what `findRequest` alone has it is a search. */
export const jobQuery = findRequest.extend({
  state: jobState.optional().describe("One of `states`"),
  task: z.string().max(100).optional().describe("One of `tasks`"),
  after: z.uuid().optional().describe("As `before`: `next` of the page before"),
});

export const viewer = z
  .object({
    organizationId: z.uuid(),
    organizationName: z.string().nullable().describe("Null where an application keeps them elsewhere"),
    userId: z.uuid().nullable(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    role: z.string().describe("Of the membership, or of the API key if that is less"),
    apiKeyId: z.uuid().nullable(),
  })
  .meta({ id: "Viewer" }) satisfies z.ZodType<Viewer>;

export const overviewQuery = z.strictObject({
  minutes: z.coerce.number().int().min(1).max(1440).default(60).describe("How far back"),
});
const percentiles = z.object({
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
});
const instant = z.iso.datetime({ offset: true });
export const overview = z
  .object({
    states: z.array(z.object({ state: jobState, jobs: z.int() })),
    perMinute: z.array(
      z.object({ minute: instant, succeeded: z.int(), failed: z.int(), cancelled: z.int() }),
    ),
    wait: percentiles.describe("Milliseconds from being due to being begun, at most a tenth off"),
    run: percentiles.describe("Milliseconds from being begun to the end"),
    oldestWaitingSeconds: z.number().nullable(),
    errors: z
      .array(
        z.object({
          fingerprint: z.string(),
          task: z.string(),
          code: z.string(),
          message: z.string().nullable(),
          jobs: z.int(),
          lastAt: instant,
          lastJobId: z.uuid(),
        }),
      )
      .describe("At most 20, newest first: of the newest 500 failed jobs"),
  })
  .meta({ id: "Overview" }) satisfies z.ZodType<Overview>;

const reason = z.string().max(500).optional().describe("Shown as the job's error message");
export const cancelRequest = z.strictObject({ reason }).meta({ id: "CancelRequest" });

const match = {
  states: z.array(jobState).min(1).optional().describe("Default: all in which the action is possible"),
  task: z.string().max(100).optional(),
  key: z.string().max(200).optional(),
  ids: z.array(z.uuid()).max(10_000).optional(),
  launchedAfter: z.iso.datetime({ offset: true }).optional(),
  launchedBefore: z.iso.datetime({ offset: true }).optional(),
  batchId: z.uuid().optional(),
  tag: z.string().max(50).optional(),
};
const errorCode = z.string().max(100).optional().describe("Of failed and cancelled jobs");
const errorFingerprint = z.string().max(100).optional().describe("Of failed and cancelled jobs");
const atMost = z.int().min(0).describe("Refused if more match: what POST /api/jobs/count told");

/** Jobs that fit every condition given. */
export const matchRequest = z
  .strictObject({ ...match, errorCode, errorFingerprint })
  .meta({ id: "MatchRequest" });
export const cancelManyRequest = z
  .strictObject({ ...match, atMost, reason })
  .meta({ id: "CancelJobsRequest" });
export const retryManyRequest = z
  .strictObject({ ...match, errorCode, errorFingerprint, atMost })
  .meta({ id: "RetryJobsRequest" });
export const counted = z.object({ jobs: z.int() }).meta({ id: "CountedJobs" });
export const acted = z
  .object({
    jobs: z.int().describe("Done at once"),
    asked: z.int().describe("At work, and told to stop"),
  })
  .meta({ id: "ActedOnJobs" });

export const batch = z
  .object({
    id: z.uuid(),
    name: z.string(),
    progress: z
      .object({
        jobs: z.int(),
        ...Object.fromEntries([...liveStates, ...endStates].map((state) => [state, z.int()])),
      })
      .describe("Its jobs by state, at one moment"),
    onCompleteJobId: z.uuid().nullable(),
    createdAt: moment,
    completedAt: moment.nullable(),
  })
  .meta({ id: "Batch" });
export const launchedBatch = z
  .object({ batch, jobIds: z.array(z.uuid()).describe("In the order of the jobs") })
  .meta({ id: "LaunchedBatch" });
export const batchPage = z
  .object({ batches: z.array(batch), next: z.uuid().nullable() })
  .meta({ id: "BatchPage" });
export const pageQuery = z.strictObject({
  first: z.coerce.number().int().min(1).max(100).default(50).describe("Page size"),
  after: z.uuid().optional().describe("`next` of the page before"),
});

export const jobParams = z.object({ id: z.uuid() });
