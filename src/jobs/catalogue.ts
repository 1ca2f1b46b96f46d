import type { Pool } from "pg";
import { z } from "zod";
import { RowlockError } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";
import type { Task } from "./define-task.ts";

/** A task as the catalogue describes it to tenants. */
export type TaskInfo = {
  name: string;
  description: string;
  kind: "transactional" | "long";
  inputSchema: Record<string, unknown>;
  outputSchema: Record<string, unknown> | null;
  launchRole: string;
  maxAttempts: number;
  timeoutMs: number;
  deadlineMs: number | null;
};

/**
 * Writes the tasks of a worker into the catalogue, so that the API can check payloads without importing a task.
 * @param pool of the login rowlock_task
 */
export async function syncCatalogue(pool: Pool, tasks: Iterable<Task>): Promise<void> {
  const rows = [...tasks].map(({ definition }) => ({
    name: definition.name,
    description: definition.description,
    kind: definition.kind,
    input_schema: toJsonSchema(definition.name, "input", definition.input),
    output_schema:
      definition.output === undefined ? null : toJsonSchema(definition.name, "output", definition.output),
    launch_role: definition.launchRole,
    max_attempts: definition.maxAttempts,
    timeout_ms: definition.timeoutMs,
    deadline_ms: definition.deadlineMs ?? null,
    bundle: definition.bundle,
    concurrency_path: definition.concurrency?.path ?? null,
    concurrency_limit: definition.concurrency?.limit ?? null,
  }));
  await pool.query("select rowlock_private.sync_tasks($1)", [JSON.stringify(rows)]);
}

/** Tasks the tenant may see, by name. */
export async function listTasks(tx: TenantTransaction): Promise<TaskInfo[]> {
  const { rows } = await tx.query<TaskInfo>(`
    select name, description, kind, input_schema as "inputSchema", output_schema as "outputSchema",
           launch_role as "launchRole", max_attempts as "maxAttempts", timeout_ms as "timeoutMs",
           deadline_ms::float8 as "deadlineMs"
    from rowlock.tasks order by name`);
  return rows;
}

/** The catalogue's JSON Schema of a payload. @throws RowlockError INVALID_ARGUMENT for a schema JSON cannot carry */
export function toJsonSchema(task: string, io: "input" | "output", schema: z.ZodType): unknown {
  try {
    return z.toJSONSchema(schema, { io });
  } catch (cause) {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      `Task "${task}": its ${io} has no JSON Schema (${cause instanceof Error ? cause.message : String(cause)}). Use what JSON can carry, for example z.iso.datetime() instead of z.date().`,
      { cause },
    );
  }
}
