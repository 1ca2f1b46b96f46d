import type { Socket } from "node:net";
import pg, { type Pool, type PoolClient, type QueryResult, type QueryResultRow } from "pg";
import { errorRegistry, fromDatabase, RowlockError, sqlstateOf } from "../sdk/index.ts";
import { overOurConnection } from "./database-failure.ts";

declare const tenantBrand: unique symbol;

/**
 * A transaction under one organization's claims, in the role `rowlock_tenant`. Only this file makes one, so a
 * function that takes it cannot be called without claims. It ends with the function it was given to: a query
 * after that is refused, also when the connection serves someone else by then.
 */
export type TenantTransaction = {
  /** As `query` of a `pg` client: text and values, or a statement with a name (prepared once) or `rowMode`. */
  query<Row extends QueryResultRow = QueryResultRow>(
    statement: string | (Statement & { rowMode?: "array" }),
    values?: unknown[],
  ): Promise<QueryResult<Row>>;
  readonly [tenantBrand]: true;
};

/** A statement; with a name it is prepared once per connection. */
export type Statement = { name?: string; text: string; values?: unknown[] };

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

/** As `withTenant`, for any statement that sets claims. */
export async function inTenant<T>(
  pool: Pool,
  entry: Statement,
  work: (tx: TenantTransaction) => Promise<T>,
  options: TenantOptions = {},
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
  await tenant.commit();
  return result;
}

/** A part of a tenant transaction that is kept or undone by itself: one job of a bundle. */
export type TenantPart = {
  /** Dies with the part. */
  tx: TenantTransaction;
  /** Ends the part. @throws RowlockError INTERNAL when a statement of it had failed; it must be undone then */
  keep(): Promise<void>;
  /** Ends the part and takes back what it wrote. */
  undo(): void;
};

export type OpenTenant = {
  tx: TenantTransaction;
  /**
   * Begins a part, with the claim of the job it belongs to. Travels with the part's first query. One at a time.
   * @param alone whether the part can be undone alone, by a savepoint; else one that fails takes all others with it
   */
  part(jobId: string, alone: boolean): TenantPart;
  /** Resolves with what the entry statement returned; rejects when it refused. */
  entered: Promise<QueryResult>;
  /** Runs the closing statements as the login role and commits, in one round trip. Throws if nothing was committed. */
  commit(closing?: Statement[]): Promise<void>;
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
  let open = true;
  let parts = 0;
  const timeout = Math.max(1, Math.floor(options.statementTimeoutMs ?? 60_000));
  sendTogether(client);
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
    part(jobId, alone) {
      parts += 1;
      const name = `rowlock_part_${parts}`;
      const send = (statement: Statement) => {
        const answer = open ? overOurConnection(client.query(statement)) : Promise.reject(closedError());
        answer.catch(() => undefined);
        return answer;
      };
      sendTogether(client);
      if (alone) send({ text: `savepoint ${name}` });
      send({ text: `set local rowlock.job_id = ${pg.escapeLiteral(jobId)}` });
      let current = true;
      let failed = false;
      let outstanding = 0;
      const pending = new Set<Promise<unknown>>();
      const query = (statement: string | Statement, values?: unknown[]) => {
        if (!open || !current) return Promise.reject(closedError());
        if (endsTransaction.test(typeof statement === "string" ? statement : statement.text)) {
          return Promise.reject(notYours());
        }
        const answer = overOurConnection(
          values === undefined ? client.query(statement) : client.query(statement, values),
        );
        outstanding += 1;
        if (!alone) pending.add(answer);
        answer.then(
          () => {
            outstanding -= 1;
          },
          () => {
            outstanding -= 1;
            failed = true;
          },
        );
        return answer;
      };
      return {
        tx: { query } as TenantTransaction,
        async keep() {
          current = false;
          if (!alone) {
            // What is under way is waited for: only then is it known whether all went well.
            if (outstanding > 0) await Promise.allSettled(pending);
            if (failed) throw swallowedError();
            return;
          }
          const kept = send({ text: `release savepoint ${name}` });
          // Nothing failed, so this cannot: it goes out with the next part. Otherwise the answer says.
          if (!failed && outstanding === 0) return;
          await kept.catch((error: unknown) => {
            throw sqlstateOf(error) === "25P02" ? swallowedError() : error;
          });
        },
        undo() {
          current = false;
          send({ text: `rollback to savepoint ${name}` });
          send({ text: `release savepoint ${name}` });
        },
      };
    },
    async commit(closing = []) {
      if (!open) throw closedError();
      open = false;
      sendTogether(client);
      const sent = [...(closing.length > 0 ? [{ text: "reset role" }, ...closing] : []), { text: "commit" }];
      const results = await Promise.allSettled(
        sent.map((statement) => overOurConnection(client.query(statement))),
      );
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) {
        await settle(client);
        // 25P02: a statement before these had failed.
        throw sqlstateOf(failed.reason) === "25P02" ? swallowedError() : fromDatabase(failed.reason);
      }
      const last = results.at(-1);
      client.release();
      // Postgres answers ROLLBACK to a COMMIT after an error that the work swallowed.
      if (last?.status !== "fulfilled" || last.value.command !== "COMMIT") {
        throw swallowedError();
      }
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

/**
 * What is sent until the microtasks are through goes out in one write: each write wakes the server, which would else
 * begin with what is only the preparation of the next statement.
 */
function sendTogether(client: PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
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

function swallowedError(): RowlockError {
  return new RowlockError(
    "INTERNAL",
    "The transaction was rolled back because a statement in it had failed. Let the error of a query pass, or use a savepoint.",
  );
}

/** In a bundle the transaction is not the task's alone. Deeper tricks are found out at the end. */
const endsTransaction = /^\s*(?:commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i;

function notYours(): RowlockError {
  return new RowlockError("NO_CLAIMS", "A task must not end the transaction it was given. Use a savepoint.");
}

function closedError(): RowlockError {
  return new RowlockError(
    "INTERNAL",
    "This transaction has ended. Await every query before the function that was given the transaction returns.",
  );
}
