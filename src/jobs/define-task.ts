import { z } from "zod";
import { type MemberRole, RowlockError, type TaskKind } from "../sdk/index.ts";
import { type Concurrency, readPath } from "./concurrency.ts";
import type { LongContext, TransactionalContext } from "./context.ts";
import type { Finish } from "./finish.ts";

/** How long to wait after the n-th failed attempt: base × 2^(n-1), at most `maxMs`, half of it random. */
export type BackOff = { baseMs: number; maxMs: number };

type Common<Input extends z.ZodType, Output extends z.ZodType, Name extends string> = {
  /** The file's path under tasks/ without its ending: `tasks/reports/send.ts` defines `reports/send`. */
  name: Name;
  description?: string;
  /** Shape of the payload. Checked at the door by API and client, and once more before the handler. */
  input: Input;
  /** Shape of the result. Default: no result. */
  output?: Output;
  /** The least role that may launch it; "system": only triggers, schedules and other tasks. Default "member". */
  launchRole?: Exclude<MemberRole, "viewer"> | "system";
  /** Attempts before the job is failed, 1 to 100. Default 5. */
  maxAttempts?: number;
  /** Longest time of one attempt in milliseconds; then its signal aborts and it writes nothing more. Default 60 s, long: 15 min. */
  timeoutMs?: number;
  /** Longest time from a job's `runAt` to its end in milliseconds, waiting and retries included; then it is failed. Default: none. */
  deadlineMs?: number;
  backOff?: Partial<BackOff>;
  /** How many jobs with the same key an organization runs at once, however many workers there are. */
  concurrency?: Concurrency<z.input<Input>>;
};

export type TransactionalDefinition<
  Input extends z.ZodType,
  Output extends z.ZodType,
  Name extends string = string,
> = Common<Input, Output, Name> & {
  kind?: "transactional";
  /**
   * Whether a backlog of jobs of one user may share transactions, each behind a savepoint of its own. Default true;
   * say false for one that locks what others need, or is usually slow.
   */
  bundle?: boolean;
  run(payload: z.output<Input>, context: TransactionalContext): Promise<z.input<Output>> | z.input<Output>;
};

export type LongDefinition<
  Input extends z.ZodType,
  Output extends z.ZodType,
  Name extends string = string,
> = Common<Input, Output, Name> & {
  kind: "long";
  run(
    payload: z.output<Input>,
    context: LongContext,
  ): Promise<z.input<Output> | Finish<z.input<Output>>> | z.input<Output> | Finish<z.input<Output>>;
};

/** A task with every default filled in. */
export type TaskDefinition = {
  name: string;
  description: string;
  kind: TaskKind;
  input: z.ZodType;
  output: z.ZodType | undefined;
  launchRole: Exclude<MemberRole, "viewer"> | "system";
  maxAttempts: number;
  timeoutMs: number;
  deadlineMs: number | undefined;
  bundle: boolean;
  backOff: BackOff;
  concurrency: { path: string[]; limit: number } | undefined;
  run(payload: unknown, context: TransactionalContext | LongContext): unknown;
};

/**
 * What a file under tasks/ exports. It is a function because Graphile Worker's loader accepts nothing else; the
 * worker's preset puts the real one in its place. `Input` and `Output` type launches and results, `Name` those of clients.
 */
export type Task<Input = unknown, Output = unknown, Name extends string = string> = {
  (payload: unknown): never;
  readonly definition: TaskDefinition & { readonly name: Name };
  readonly types?: { input: Input; output: Output };
};

/**
 * Defines a task. Two kinds:
 * - transactional (default): the handler gets one tenant transaction, `tx`; its writes, the result and the job's end
 *   commit together, so an effect in the database happens exactly once.
 * - long: for whatever waits on the outside. No connection is held; `transaction(fn)` opens short ones that refuse to
 *   write once the job has been taken over.
 * @throws RowlockError INVALID_ARGUMENT when a schema cannot be expressed as JSON Schema or a number is out of bounds
 */
export function defineTask<
  Input extends z.ZodType,
  Output extends z.ZodType = z.ZodVoid,
  const Name extends string = string,
>(
  task: TransactionalDefinition<Input, Output, Name> | LongDefinition<Input, Output, Name>,
): Task<z.input<Input>, z.output<Output>, Name> {
  const kind = task.kind ?? "transactional";
  const definition: TaskDefinition & { name: Name } = {
    name: task.name,
    description: task.description ?? "",
    kind,
    input: task.input,
    output: task.output,
    launchRole: task.launchRole ?? "member",
    maxAttempts: task.maxAttempts ?? 5,
    timeoutMs: task.timeoutMs ?? (kind === "long" ? 15 * 60_000 : 60_000),
    deadlineMs: task.deadlineMs,
    bundle: kind === "transactional" && (task as { bundle?: boolean }).bundle !== false,
    backOff: { baseMs: 1_000, maxMs: 60 * 60_000, ...task.backOff },
    concurrency: task.concurrency && {
      path: readPath(task.name, task.concurrency.key),
      limit: task.concurrency.limit,
    },
    // The payload was parsed by `input` and the context made for `kind` before the handler is called.
    run: task.run as TaskDefinition["run"],
  };
  refuseOutOfBounds(definition);
  const callable = (): never => {
    throw new RowlockError(
      "INVALID_SETTING",
      `The task "${task.name}" was called directly. Start the worker with Rowlock's preset (graphile.config.ts) or with \`rowlock worker\`.`,
    );
  };
  return Object.assign(callable, { definition });
}

export function isTask(value: unknown): value is Task {
  return typeof value === "function" && "definition" in value && typeof value.definition === "object";
}

const definitionBounds = z.object({
  name: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/, "letters, digits, - and _, parts divided by /"),
  maxAttempts: z.int().min(1).max(100),
  timeoutMs: z.int().min(1).max(86_400_000),
  deadlineMs: z
    .int()
    .min(1)
    .max(366 * 86_400_000)
    .optional(),
  concurrency: z.object({ limit: z.int().min(1).max(1_000_000) }).optional(),
  backOff: z.object({
    baseMs: z.number().min(0),
    maxMs: z
      .number()
      .min(0)
      .max(30 * 86_400_000),
  }),
});

function refuseOutOfBounds(definition: TaskDefinition): void {
  const checked = definitionBounds.safeParse(definition);
  if (checked.success) return;
  const [issue] = checked.error.issues;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    `Task "${definition.name}": ${issue?.path.join(".")}: ${issue?.message}.`,
  );
}
