import { z } from "zod";
import { bounds, type Issue, type LaunchOptions, RowlockError } from "../sdk/index.ts";

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
};
const key = z
  .string()
  .min(1)
  .max(bounds.keyLength)
  .describe("Among unfinished jobs of the task, the first with a key is kept and its id returned");

/** One launch, as REST and GraphQL take it. */
export const launchRequest = z
  .strictObject({
    task: taskName,
    payload: z.unknown().optional().describe("Checked against the task's input schema; {} if not given"),
    key: key.optional(),
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
    ...options,
  })
  .refine(({ payloads, keys }) => keys === undefined || keys.length === payloads.length, {
    path: ["keys"],
    error: "must be as many as payloads",
  })
  .meta({ id: "BulkLaunchRequest" });

/** The options of either, as the kernel takes them. */
export function launchOptions(
  request: Pick<z.output<typeof launchRequest>, "runAt" | "priority" | "maxAttempts">,
): LaunchOptions {
  const { runAt, priority, maxAttempts } = request;
  return { runAt: runAt === undefined ? undefined : new Date(runAt), priority, maxAttempts };
}

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
