import { createHash } from "node:crypto";
import type { TenantTransaction } from "../tenancy/index.ts";
import { ask } from "./ask.ts";

/** What one launch made. */
export type Launched = { jobIds: string[]; batchId?: string | undefined };

/** What a launch is known by when it is sent again. `content` is all of the request that decides what is launched. */
export type LaunchRequest = { idempotencyKey: string | undefined; content: unknown };

/**
 * Launches, unless the organization has launched the same request by the same idempotency key within a day: then that is
 * returned. Of two at the same moment one launches and the other waits for it. Without a key it always launches.
 * @param launch launches in the same transaction
 * @throws RowlockError CONFLICT when the key came with another request; what `launch` throws
 */
export async function launchOnce(
  tx: TenantTransaction,
  { idempotencyKey: key, content }: LaunchRequest,
  launch: () => Promise<Launched>,
): Promise<Launched & { again: boolean }> {
  if (key === undefined) return { ...(await launch()), again: false };
  const hash = createHash("sha256").update(canonical(content)).digest();
  const [known] = await ask<{ job_ids: string[]; batch_id: string | null }>(
    tx,
    "select * from rowlock.begin_launch_request($1, $2)",
    [key, hash],
  );
  if (known !== undefined)
    return { jobIds: known.job_ids, batchId: known.batch_id ?? undefined, again: true };
  const made = await launch();
  await ask(tx, "select rowlock.end_launch_request($1, $2, $3, $4)", [
    key,
    hash,
    made.jobIds,
    made.batchId ?? null,
  ]);
  return { ...made, again: false };
}

/** The same text whatever the order of an object's keys: a program that builds its request anew may order them anew. */
function canonical(content: unknown): string {
  return JSON.stringify(content, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
