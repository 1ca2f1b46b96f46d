import type { Pool } from "pg";
import type { PgClient, PgClientQuery, PgClientResult, WithPgClient } from "postgraphile/@dataplan/pg";
import { RowlockError } from "../../sdk/index.ts";
import { type Member, type TenantTransaction, withTenant } from "../../tenancy/index.ts";

/** What PostGraphile's plans query through: a client inside a tenant transaction. */
export type TenantClient = PgClient & {
  /** The transaction itself, for functions of the kernel that take it. */
  readonly tx: TenantTransaction;
};

export type TenantAdaptorSettings = { pool: Pool; statementTimeoutMs: number };

type PgSettings = Record<string, string | undefined> | null;

declare global {
  namespace GraphileConfig {
    interface PgAdaptors {
      rowlock: { adaptorSettings: TenantAdaptorSettings | undefined; client: TenantClient };
    }
  }
}

/** Marks PostGraphile's reading of the catalogues at start-up, the only thing that runs without a member. */
export const introspectionSettings = { "rowlock.introspection": "on" };

/** A member as the flat settings that PostGraphile carries from the request to the adaptor. */
export function settingsOfMember(member: Member | undefined): Record<string, string | undefined> {
  if (member === undefined) return {};
  return {
    organizationId: member.organizationId,
    userId: member.userId,
    apiKeyId: member.apiKeyId,
    source: member.source ?? "graphql",
  };
}

/**
 * PostGraphile's door to the database. Each fetch is a tenant transaction of `withTenant`: BEGIN, the checks, the
 * claims, the role and the query travel together, where the stock adaptor waits for each.
 * @throws RowlockError (from the function) UNAUTHENTICATED when the request has no member: nothing runs without
 */
export function createWithPgClient(settings?: TenantAdaptorSettings): WithPgClient<TenantClient> {
  if (settings === undefined) {
    throw new RowlockError("INTERNAL", "The PostGraphile service of Rowlock was given no pool.");
  }
  const { pool, statementTimeoutMs } = settings;
  const withPgClient = async <T>(
    pgSettings: PgSettings,
    callback: (client: TenantClient) => T | Promise<T>,
  ): Promise<T> => {
    if (pgSettings !== null && "rowlock.introspection" in pgSettings) return await introspect(pool, callback);
    return await withTenant(pool, memberOfSettings(pgSettings), async (tx) => callback(new Client(tx)), {
      statementTimeoutMs,
    });
  };
  return withPgClient;
}

function memberOfSettings(settings: PgSettings): Member {
  const { organizationId, userId, apiKeyId, source } = settings ?? {};
  if (organizationId === undefined || userId === undefined) {
    throw new RowlockError("UNAUTHENTICATED", "The request reached the database without a member. Sign in.");
  }
  return { organizationId, userId, apiKeyId, source };
}

/** Reads the catalogues as the login itself, which sees no tenant's row. There is no tenant transaction to hand out. */
async function introspect<T>(pool: Pool, callback: (client: TenantClient) => T | Promise<T>): Promise<T> {
  const connection = await pool.connect();
  const refuse = () => new RowlockError("INTERNAL", "Reading the catalogues needs no transaction.");
  const client: TenantClient = {
    query: (query) => send(connection, query),
    withTransaction: <T>() => Promise.reject<T>(refuse()),
    get tx(): TenantTransaction {
      throw refuse();
    },
  };
  try {
    return await callback(client);
  } finally {
    connection.release();
  }
}

/** Plans are many and connections few: beyond this many different texts, queries go unprepared. */
const mostPrepared = 500;
const prepared = new Set<string>();

function nameToPrepare(name: string | undefined): string | undefined {
  if (name === undefined || prepared.has(name)) return name;
  if (prepared.size >= mostPrepared) return undefined;
  prepared.add(name);
  return name;
}

type Queryable = {
  query(statement: { text: string; values: unknown[]; rowMode?: "array"; name?: string }): Promise<{
    rows: unknown[];
    rowCount: number | null;
  }>;
};

async function send<Row>(
  target: Queryable,
  { text, values, arrayMode, name }: PgClientQuery,
): Promise<PgClientResult<Row>> {
  const prepare = nameToPrepare(name);
  const { rows, rowCount } = await target.query({
    text,
    values: [...(values ?? [])],
    ...(arrayMode === true ? { rowMode: "array" as const } : {}),
    ...(prepare === undefined ? {} : { name: prepare }),
  });
  return { rows: rows as unknown[] as Row[], rowCount };
}

class Client implements TenantClient {
  readonly tx: TenantTransaction;
  readonly #depth: number;
  /** The end of the transaction opened last: queries and transactions on this client wait for it. */
  #busy: Promise<unknown> | undefined;

  constructor(tx: TenantTransaction, depth = 0) {
    this.tx = tx;
    this.#depth = depth;
  }

  async query<Row>(query: PgClientQuery): Promise<PgClientResult<Row>> {
    if (this.#busy !== undefined) await this.#busy;
    return await send(this.tx, query);
  }

  /** A savepoint: the tenant transaction is open already. */
  async withTransaction<T>(callback: (client: this) => Promise<T>): Promise<T> {
    const before = this.#busy;
    const mine = (async () => {
      await before;
      const savepoint = `rowlock_${this.#depth}`;
      // Not awaited: it travels with the callback's first query, and if it fails, so does that.
      this.tx.query(`savepoint ${savepoint}`).catch(() => undefined);
      try {
        const result = await callback(new Client(this.tx, this.#depth + 1) as this);
        this.tx.query(`release savepoint ${savepoint}`).catch(() => undefined);
        return result;
      } catch (error) {
        await this.tx.query(`rollback to savepoint ${savepoint}`).catch(() => undefined);
        throw error;
      }
    })();
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#busy = settled;
    settled.then(() => {
      if (this.#busy === settled) this.#busy = undefined;
    });
    return await mine;
  }
}
