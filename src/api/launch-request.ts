import { z } from "zod";
import { bounds, type Issue, keyModes, type LaunchOptions, RowlockError } from "../sdk/index.ts";

const taskName = z.string().min(1).max(100).describe("Name of a task in the catalogue");
const options = {
  runAt: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("Not before this moment; at most 366 days ahead"),
  priority: z
    .int()
    .min(bounds.priority.min)
    .max(bounds.priority.max)
    .optional()
    .describe("Lower runs first; 0 if not given"),
  maxAttempts: z.int().min(1).max(bounds.maxAttempts).optional().describe("Instead of the task's own number"),
  deadline: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("Failed if it has not ended by then; runAt and the task's deadlineMs if not given"),
  batchId: z.uuid().optional().describe("A batch that is not complete: the job becomes one of it"),
  dependsOn: z.array(z.uuid()).min(1).max(1_000).optional().describe("Blocked until all of these have ended"),
  ifFailed: z
    .enum(["cancel", "go on"])
    .optional()
    .describe("What becomes of the job when one of those does not succeed; cancel if not given"),
  tags: z
    .array(z.string().min(1).max(bounds.tagLength))
    .max(bounds.tags)
    .optional()
    .describe("Words to find the job by; no control characters"),
};
const keyMode = z
  .enum(keyModes)
  .optional()
  .describe(
    "What becomes of an unfinished job with the key. keep: it stays and its id is returned. replace: while it has not " +
      "begun, this one takes its place, at its time. debounce: the same, and its time starts anew",
  );
const key = z
  .string()
  .min(1)
  .max(bounds.keyLength)
  .describe("Among unfinished jobs of the task one has a key; keyMode says which");

/** Makes a launch safe to send again: the same key with the same request launches once. */
export const idempotencyKey = z
  .string()
  .min(1)
  .max(bounds.keyLength)
  .regex(/^[\x20-\x7e]+$/, "must be printable ASCII")
  .describe(
    "Sent again within 24 hours, the same request with this key launches nothing and is answered with what it launched; another request with it is refused. A UUID is a good one",
  );

/** One launch, as REST and GraphQL take it. */
export const launchRequest = z
  .strictObject({
    task: taskName,
    payload: z.unknown().optional().describe("Checked against the task's input schema; {} if not given"),
    key: key.optional(),
    keyMode,
    ...options,
  })
  .meta({ id: "LaunchRequest" });

export const mostPayloads = 10_000;

/** Many launches of one task in one transaction: all or none. */
export const bulkLaunchRequest = z
  .strictObject({
    task: taskName,
    payloads: z.array(z.unknown()).min(1).max(mostPayloads).describe("One job for each, in this order"),
    keys: z.array(key).optional().describe("As many as payloads"),
    keyMode,
    ...options,
  })
  .refine(({ payloads, keys }) => keys === undefined || keys.length === payloads.length, {
    path: ["keys"],
    error: "must be as many as payloads",
  })
  .meta({ id: "BulkLaunchRequest" });

const batchJob = z.strictObject({ task: taskName, payload: z.unknown().optional() });

/** Jobs that belong together, in one transaction: all or none. */
export const batchRequest = z
  .strictObject({
    name: z.string().max(200).optional(),
    jobs: z
      .array(
        batchJob.extend({
          key: key.optional(),
          name: z.string().min(1).max(200).optional().describe("By which others of the batch depend on it"),
          dependsOn: z.array(z.string()).max(1_000).optional().describe("Names of other jobs of this batch"),
          ifFailed: options.ifFailed,
          tags: options.tags,
        }),
      )
      .max(mostPayloads)
      .optional()
      .describe("More may be added until the last has ended: launch with batchId"),
    onComplete: batchJob
      .optional()
      .describe("Launched once, when the last job has ended, however they ended"),
    keyMode,
    runAt: options.runAt,
    priority: options.priority,
    maxAttempts: options.maxAttempts,
    deadline: options.deadline,
    tags: options.tags.describe("Of all its jobs, beside their own"),
  })
  .meta({ id: "BatchRequest" });

/** What a header of REST says: `Idempotency-Key`. */
export const idempotencyHeader = z.object({ "Idempotency-Key": idempotencyKey.optional() });

/** The options of either, as the kernel takes them. */
export function launchOptions(
  request: Partial<
    Pick<
      z.output<typeof launchRequest>,
      | "runAt"
      | "priority"
      | "maxAttempts"
      | "keyMode"
      | "deadline"
      | "batchId"
      | "dependsOn"
      | "ifFailed"
      | "tags"
    >
  >,
): LaunchOptions {
  const { runAt, deadline, ...same } = request;
  return {
    priority: same.priority,
    maxAttempts: same.maxAttempts,
    keyMode: same.keyMode,
    batchId: same.batchId,
    dependsOn: same.dependsOn,
    ifFailed: same.ifFailed,
    tags: same.tags,
    runAt: toDate(runAt),
    deadline: toDate(deadline),
  };
}

export const toDate = (text: string | undefined) => (text === undefined ? undefined : new Date(text));

/**
 * Reads what came from outside by its schema.
 * @param what what it is, for the message: "request body"
 * @throws RowlockError INVALID_ARGUMENT with the path of each fault
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues: Issue[] = parsed.error.issues.slice(0, 20).map((issue) => ({
    path: issue.path.map((part) => `/${String(part)}`).join(""),
    message: issue.message,
  }));
  const [first] = issues;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    `The ${what} is not as expected: ${first?.path === "" ? "" : `${first?.path} `}${first?.message}.`,
    { issues },
  );
}
