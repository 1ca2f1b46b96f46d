import { fromDatabase, type LaunchOptions, RowlockError } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";
import { ask } from "./ask.ts";
import { checkPayloads } from "./check-payload.ts";
import { encodePayloads } from "./encode-json.ts";
import { nameOf, type TaskReference } from "./task-reference.ts";

/**
 * Launches a job in the caller's tenant transaction: it exists if and only if that commits. Organization and user
 * are those of the transaction's claims.
 * @returns the job's id; with a key that an unfinished job of the task has, the id of that one
 * @throws RowlockError UNKNOWN_TASK, INVALID_PAYLOAD, PAYLOAD_TOO_LARGE, NOT_ALLOWED, INVALID_ARGUMENT
 */
export async function launchJob<Input>(
  tx: TenantTransaction,
  task: TaskReference<Input>,
  payload: NoInfer<Input>,
  options: LaunchOptions = {},
): Promise<string> {
  const { key, ...shared } = options;
  const [id] = await launchJobs(tx, task, [payload], {
    ...shared,
    keys: key === undefined ? undefined : [key],
  });
  if (id === undefined) throw new RowlockError("INTERNAL", "A launch returned no id.");
  return id;
}

export type BulkOptions = Omit<LaunchOptions, "key"> & {
  /** As many as payloads; null: that job has none. */
  keys?: (string | null)[] | undefined;
};

/** As `launchJob`, for many payloads in one statement; the ids come in the same order. */
export async function launchJobs<Input>(
  tx: TenantTransaction,
  task: TaskReference<Input>,
  payloads: readonly NoInfer<Input>[],
  options: BulkOptions = {},
): Promise<string[]> {
  const name = nameOf(task as TaskReference<never>);
  const texts = encodePayloads(name, payloads);
  // What is checked is what is stored: a Date is a text by then, and what is undefined is gone.
  await checkPayloads(
    tx,
    name,
    texts.map((text): unknown => JSON.parse(text)),
  );
  return await launchChecked(tx, name, texts, options);
}

/** A task launching a task: the worker that runs it checks the payload, so the catalogue's schema is not read here. */
export async function launchFromTask<Input>(
  tx: TenantTransaction,
  task: TaskReference<Input>,
  payload: NoInfer<Input>,
  options: LaunchOptions = {},
): Promise<string> {
  const { key, ...shared } = options;
  const keys = key === undefined ? undefined : [key];
  const name = nameOf(task as TaskReference<never>);
  const [id] = await launchChecked(tx, name, encodePayloads(name, [payload]), { ...shared, keys });
  return String(id);
}

async function launchChecked(
  tx: TenantTransaction,
  name: string,
  texts: readonly string[],
  options: BulkOptions,
): Promise<string[]> {
  refuseNul(options.keys ?? []);
  const rows = await ask<{ id: string }>(
    tx,
    "select rowlock.launch_jobs($1, $2::jsonb[], $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as id",
    [
      name,
      texts,
      options.keys ?? null,
      options.runAt ?? null,
      options.priority ?? 0,
      options.maxAttempts ?? null,
      options.keyMode ?? "keep",
      options.deadline ?? null,
      options.batchId ?? null,
      options.dependsOn ?? null,
      options.ifFailed ?? "cancel",
      tagsOf(options),
    ],
  );
  return rows.map((row) => row.id);
}

/** The least an application's own `pg` client must do. */
export type SqlClient = {
  query(text: string, values: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
};

/**
 * Launches in a transaction of an application of its own, on its own client, for an organization and user it names.
 * Its login needs `grant execute on function rowlock.launch_job_for` (docs/adopting.md). The worker checks the payload.
 */
export async function launchJobFor<Input>(
  client: SqlClient,
  who: { organizationId: string; userId: string | null },
  task: TaskReference<Input>,
  payload: NoInfer<Input>,
  options: LaunchOptions = {},
): Promise<string> {
  const name = nameOf(task as TaskReference<never>);
  const [text] = encodePayloads(name, [payload]);
  refuseNul(options.key === undefined ? [] : [options.key]);
  try {
    const { rows } = await client.query(
      "select rowlock.launch_job_for($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) as id",
      [
        who.organizationId,
        who.userId,
        name,
        text,
        options.key ?? null,
        options.runAt ?? null,
        options.priority ?? 0,
        options.maxAttempts ?? null,
        options.keyMode ?? "keep",
        options.deadline ?? null,
        options.batchId ?? null,
        options.dependsOn ?? null,
        options.ifFailed ?? "cancel",
        tagsOf(options),
      ],
    );
    return String(rows[0]?.id);
  } catch (error) {
    throw fromDatabase(error);
  }
}

/** @throws RowlockError INVALID_ARGUMENT for a NUL, which would not reach the kernel's own check */
function tagsOf({ tags }: BulkOptions): readonly string[] | null {
  if (tags === undefined || tags.length === 0) return null;
  if (!tags.some((tag) => tag.includes("\0"))) return tags;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    "A tag has a NUL in it; a tag has 1 to 50 characters, none of them a control character.",
    { issues: [{ path: "/tags", message: "must not contain a NUL" }] },
  );
}

function refuseNul(keys: readonly (string | null)[]): void {
  if (!keys.some((key) => key?.includes("\0"))) return;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    "A key has a NUL in it, which Postgres cannot store. Remove it.",
    {
      issues: [{ path: "/key", message: "must not contain a NUL" }],
    },
  );
}
