import { bounds, fromDatabase, type LaunchOptions, RowlockError } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";
import { checkPayloads } from "./check-payload.ts";
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
  payload: Input,
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

export type BulkOptions = Omit<LaunchOptions, "key"> & { keys?: string[] | undefined };

/** As `launchJob`, for many payloads in one statement; the ids come in the same order. */
export async function launchJobs<Input>(
  tx: TenantTransaction,
  task: TaskReference<Input>,
  payloads: readonly Input[],
  options: BulkOptions = {},
): Promise<string[]> {
  const name = nameOf(task as TaskReference<never>);
  const texts = payloads.map((payload) => JSON.stringify(payload ?? {}));
  const large = texts.findIndex((text) => Buffer.byteLength(text) > bounds.payloadBytes);
  if (large >= 0) {
    throw new RowlockError(
      "PAYLOAD_TOO_LARGE",
      `Payload ${large + 1} of "${name}" has ${Buffer.byteLength(texts[large] ?? "")} bytes; at most ${bounds.payloadBytes} are allowed. Store the data in a table of yours and pass its id.`,
    );
  }
  await checkPayloads(tx, name, payloads);
  return await launchChecked(tx, name, texts, options);
}

/** A task launching a task: the worker that runs it checks the payload, so the catalogue's schema is not read here. */
export async function launchFromTask<Input>(
  tx: TenantTransaction,
  task: TaskReference<Input>,
  payload: Input,
  options: LaunchOptions = {},
): Promise<string> {
  const { key, ...shared } = options;
  const keys = key === undefined ? undefined : [key];
  const [id] = await launchChecked(
    tx,
    nameOf(task as TaskReference<never>),
    [JSON.stringify(payload ?? {})],
    { ...shared, keys },
  );
  return String(id);
}

async function launchChecked(
  tx: TenantTransaction,
  name: string,
  texts: readonly string[],
  options: BulkOptions,
): Promise<string[]> {
  try {
    const { rows } = await tx.query<{ id: string }>(
      "select rowlock.launch_jobs($1, $2::jsonb[], $3, $4, $5, $6) as id",
      [
        name,
        texts,
        options.keys ?? null,
        options.runAt ?? null,
        options.priority ?? 0,
        options.maxAttempts ?? null,
      ],
    );
    return rows.map((row) => row.id);
  } catch (error) {
    throw fromDatabase(error);
  }
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
  payload: Input,
  options: LaunchOptions = {},
): Promise<string> {
  try {
    const { rows } = await client.query(
      "select rowlock.launch_job_for($1, $2, $3, $4, $5, $6, $7, $8) as id",
      [
        who.organizationId,
        who.userId,
        nameOf(task as TaskReference<never>),
        JSON.stringify(payload ?? {}),
        options.key ?? null,
        options.runAt ?? null,
        options.priority ?? 0,
        options.maxAttempts ?? null,
      ],
    );
    return String(rows[0]?.id);
  } catch (error) {
    throw fromDatabase(error);
  }
}
