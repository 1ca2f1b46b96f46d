import type { Pool, PoolClient, QueryResult } from "pg";
import { errorRegistry, fromDatabase, sqlstateOf } from "../sdk/index.ts";
import { overOurConnection } from "./database-failure.ts";
import { closedError, Parts, swallowedError, type TenantPart } from "./parts.ts";
import { sendTogether } from "./send-together.ts";
import type { Statement, TenantTransaction } from "./transaction.ts";

/** Who acts: checked by the database, which sets the claims itself. */
export type Member = {
  organizationId: string;
  userId: string;
  apiKeyId?: string | undefined;
  /** Door through which the caller came; stored on jobs it launches. */
  source?: string | undefined;
};

export type TenantOptions = {
  statementTimeoutMs?: number | undefined;
  /** Cuts the connection when it aborts, whatever the work is doing. */
  cut?: AbortSignal | undefined;
};

/**
 * Runs `work` in a transaction under a member's claims and commits. BEGIN, the checks, the claims, the role and
 * the first query travel together: one round trip before the commit's.
 * @throws RowlockError NOT_A_MEMBER, ORGANIZATION_INACTIVE, UNAUTHENTICATED; else what `work` threw, rolled back
 */
export async function withTenant<T>(
  pool: Pool,
  member: Member,
  work: (tx: TenantTransaction) => Promise<T>,
  options: TenantOptions = {},
): Promise<T> {
  return await inTenant(pool, enterAs(member), work, options);
}

/** The statement by which a member enters. */
export function enterAs(member: Member): Statement {
  return {
    name: "rowlock_enter",
    text: "select rowlock_private.enter($1, $2, $3, $4)",
    values: [member.organizationId, member.userId, member.source ?? "api", member.apiKeyId ?? null],
  };
}

/** As `withTenant`, for any statement that sets claims. @param closing run as the login role before the commit */
export async function inTenant<T>(
  pool: Pool,
  entry: Statement,
  work: (tx: TenantTransaction) => Promise<T>,
  options: TenantOptions = {},
  closing: (result: T) => Statement[] = () => [],
): Promise<T> {
  const tenant = await openTenant(pool, entry, options);
  const { cut } = options;
  cut?.addEventListener("abort", tenant.destroy, { once: true });
  if (cut?.aborted) tenant.destroy();
  let result: T;
  try {
    // Not awaited before the work starts: if entering fails, the work's queries fail with it (25P02), and the
    // reason is the one from entering.
    result = await work(tenant.tx);
    await tenant.entered;
  } catch (error) {
    const reason = await tenant.entered.then(
      () => error,
      (refusal: unknown) => refusal,
    );
    await tenant.rollback();
    throw fromDatabase(reason);
  } finally {
    cut?.removeEventListener("abort", tenant.destroy);
  }
  await tenant.commit(closing(result));
  return result;
}

export type OpenTenant = {
  tx: TenantTransaction;
  /**
   * Begins a part, with the claim of the job it belongs to. Travels with the part's first query.
   * @param alone whether the part can be undone alone, by a savepoint, and is the only one at a time; else one that
   * fails takes all others with it, and the next may begin once this one has sent its statements
   */
  part(jobId: string, alone: boolean): TenantPart;
  /** Whether a part had more to send when the next had begun: it was refused, and all must be rolled back. */
  overtaken(): boolean;
  /** Resolves with what the entry statement returned; rejects when it refused. */
  entered: Promise<QueryResult>;
  /** Runs the closing statements as the login role and commits, in one round trip. Throws if nothing was committed. */
  commit(closing?: Statement[]): Promise<void>;
  /** As `commit`, and enters the next transaction on the same connection in the same round trip. */
  commitAndEnter(
    closing: Statement[],
    entry: Statement,
    options?: TenantOptions,
  ): { committed: Promise<void>; next: OpenTenant };
  rollback(): Promise<void>;
  /** Cuts the connection: what runs on it is aborted by the server. For work that does not stop when told. */
  destroy(): void;
};

/** Opens a tenant transaction; whoever opens it must commit, roll back or destroy it. */
export async function openTenant(
  pool: Pool,
  entry: Statement,
  options: TenantOptions = {},
): Promise<OpenTenant> {
  const client = await overOurConnection(pool.connect());
  sendTogether(client);
  return enter(pool, client, entry, options);
}

function enter(pool: Pool, client: PoolClient, entry: Statement, options: TenantOptions): OpenTenant {
  let open = true;
  const parts = new Parts(client, () => open);
  const timeout = Math.max(1, Math.floor(options.statementTimeoutMs ?? 60_000));
  const opening = [
    client.query(`begin; set local statement_timeout = ${timeout}`),
    client.query(entry),
    client.query("set local role rowlock_tenant"),
  ] as const;
  const entered = overOurConnection(Promise.all(opening).then(([, result]) => result));
  // Claims that are there already were left on the session by someone's own SQL: nobody may borrow it again.
  let spoilt = false;
  entered.catch((error: unknown) => {
    spoilt = sqlstateOf(error) === errorRegistry.CLAIMS_ALREADY_SET.sqlstate;
  });

  /** @throws when nothing was committed; the transaction is over all the same, unless the connection is */
  const close = async (closing: Statement[]): Promise<void> => {
    open = false;
    const sent = [...(closing.length > 0 ? [{ text: "reset role" }, ...closing] : []), { text: "commit" }];
    const results = await Promise.allSettled(
      sent.map((statement) => overOurConnection(client.query(statement))),
    );
    const failed = results.find((result) => result.status === "rejected");
    // 25P02: a statement before these had failed.
    if (failed !== undefined) {
      throw sqlstateOf(failed.reason) === "25P02" ? swallowedError() : fromDatabase(failed.reason);
    }
    const last = results.at(-1);
    // Postgres answers ROLLBACK to a COMMIT after an error that the work swallowed.
    if (last?.status !== "fulfilled" || last.value.command !== "COMMIT") throw swallowedError();
  };

  return {
    entered,
    tx: {
      query: (statement: string | Statement, values?: unknown[]) => {
        if (!open) return Promise.reject(closedError());
        const answer = overOurConnection(
          values === undefined ? client.query(statement) : client.query(statement, values),
        );
        // One that nobody awaits must not end the process; the commit tells of it.
        answer.catch(() => undefined);
        return answer;
      },
    } as TenantTransaction,
    part: (jobId, alone) => parts.begin(jobId, alone),
    overtaken: () => parts.overtaken,
    async commit(closing = []) {
      if (!open) throw closedError();
      sendTogether(client);
      try {
        await close(closing);
      } catch (error) {
        await settle(client);
        throw error;
      }
      client.release();
    },
    commitAndEnter(closing, nextEntry, nextOptions = {}) {
      if (!open) throw closedError();
      sendTogether(client);
      const committed = close(closing);
      return { committed, next: enter(pool, client, nextEntry, nextOptions) };
    },
    async rollback() {
      if (!open) return;
      open = false;
      if (spoilt) client.release(true);
      else await settle(client);
    },
    destroy() {
      if (!open) return;
      open = false;
      const { processID } = client as PoolClient & { processID?: number };
      client.release(true);
      // The client takes its leave after the statement under way, which without this could go on to its own limit.
      pool.query("select pg_cancel_backend($1)", [processID]).catch(() => undefined);
    },
  };
}

/** Rolls back and gives the connection back; one that cannot even roll back is thrown away. */
async function settle(client: PoolClient): Promise<void> {
  try {
    await client.query("rollback");
    client.release();
  } catch {
    client.release(true);
  }
}
