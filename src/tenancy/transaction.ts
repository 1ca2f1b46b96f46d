import type { QueryResult, QueryResultRow } from "pg";

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
