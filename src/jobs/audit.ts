import type { TenantTransaction } from "../tenancy/index.ts";
import { ask } from "./ask.ts";
import { pageOf } from "./page.ts";

/** What somebody did, in the transaction in which it was done. */
export type AuditEntry = {
  id: string;
  at: string;
  /** Null for operators, and for what no member did. */
  userId: string | null;
  apiKeyId: string | null;
  operator: string | null;
  /** The door: rest, graphql, api, sql, task. */
  source: string;
  /** The task that did it for its user. */
  jobId: string | null;
  /** `launch`, `cancel`, `retry`, `run_schedule`, or `insert`, `update`, `delete` and of what. */
  action: string;
  /** An id or a name. */
  subject: string | null;
  before: unknown;
  after: unknown;
};

/**
 * What people, keys and operators did in the organization, newest first, a page at a time.
 * @throws RowlockError NOT_ALLOWED for who is no administrator
 */
export async function listAudit(
  tx: TenantTransaction,
  { first, after, action }: { first: number; after?: string | undefined; action?: string | undefined },
): Promise<{ entries: AuditEntry[]; next: string | null }> {
  await ask(tx, "select rowlock.require_role('admin')", []);
  const { rows } = await tx.query<Omit<AuditEntry, "at"> & { at: Date }>(
    `select id, at, user_id as "userId", api_key_id as "apiKeyId", operator, source, job_id as "jobId", action, subject,
       before, after
     from rowlock.audit_entries where id < $1 and ($3::text is null or action = $3) order by id desc limit $2`,
    [after ?? "ffffffff-ffff-ffff-ffff-ffffffffffff", first + 1, action ?? null],
  );
  const { page, next } = pageOf(rows, first);
  return { entries: page.map(({ at, ...same }) => ({ ...same, at: at.toISOString() })), next };
}
