import type { Pool, PoolClient, QueryResult } from "pg";
import type { Side } from "./side.ts";

type Statement = { text: string; values?: unknown[] };

/** Who attacks: a login and the statements by which it takes its stand, inside a transaction. */
export type Stand = { name: string; opening: Statement[] };

export const asTenantRole: Statement = { text: "set local role rowlock_tenant" };

/** A member, entered as the API does it. */
export function member(side: Side, role: keyof Side["users"]): Stand {
  const values = [side.id, side.users[role], "attack"];
  return {
    name: `a ${role}`,
    opening: [{ text: "select rowlock_private.enter($1, $2, $3)", values }, asTenantRole],
  };
}

/** A task at work on the side's own job, begun as the worker does it. */
export function task(side: Side): Stand {
  const begin = "select rowlock_private.begin_job($1, $2, false)";
  return {
    name: "a task",
    opening: [{ text: begin, values: [side.live.id, side.live.task] }, asTenantRole],
  };
}

/** The tenant role with settings of one's own instead of claims that the database set. */
export function tenantWith(name: string, settings: Record<string, string>): Stand {
  return { name, opening: [...setting(settings), asTenantRole] };
}

/** A role without claims, or with those given. For the owner: the login must be the administrator's. */
export function role(name: string | undefined, claims: Record<string, string> = {}): Stand {
  const become = name === undefined ? [] : [{ text: `set local role ${name}` }];
  return { name: name ?? "the login itself", opening: [...setting(claims), ...become] };
}

function setting(settings: Record<string, string>): Statement[] {
  return Object.entries(settings).map(([key, value]) => ({
    text: "select set_config($1, $2, true)",
    values: [key, value],
  }));
}

export type Outcome = {
  /** The stand could be taken; else the error is why not. */
  opened: boolean;
  error?: { code: string; message: string };
  rows: Record<string, unknown>[];
  /** Rows read or written. */
  count: number;
};

/** Runs one attack from a stand in a transaction that is rolled back, in one round trip. */
export async function attempt(
  client: PoolClient,
  stand: Stand,
  text: string,
  values: unknown[] = [],
): Promise<Outcome> {
  const statements: Statement[] = [{ text: "begin" }, ...stand.opening];
  const opening = statements.map((one) => client.query(one.text, one.values));
  const attack = values.length === 0 ? client.query(text) : client.query(text, values);
  const end = client.query("rollback");
  const settled = await Promise.allSettled([...opening, attack, end]);
  const [outcome] = settled.slice(-2, -1);
  const refusal = settled.slice(0, opening.length).find((one) => one.status === "rejected");
  if (refusal !== undefined) return { opened: false, error: errorOf(refusal.reason), rows: [], count: 0 };
  if (outcome?.status !== "fulfilled") {
    return { opened: true, error: errorOf(outcome?.reason), rows: [], count: 0 };
  }
  // Several statements in one text come back as several results; the last one counts.
  const results: QueryResult[] = [outcome.value].flat();
  const last = results.at(-1);
  return { opened: true, rows: last?.rows ?? [], count: last?.rowCount ?? 0 };
}

/** Lends a connection to `work` and closes it: what an attack did to its session dies with it. */
export async function withSession<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release(true);
  }
}

function errorOf(reason: unknown): { code: string; message: string } {
  const { code, message } = reason as { code?: string; message?: string };
  return { code: code ?? "none", message: message ?? String(reason) };
}
