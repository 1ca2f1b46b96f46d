import type pg from "pg";
import type { Account, Policy, Ready } from "./ledger.ts";

/** What the dispatcher asks, all over its own connection; prepared once. */
export type InFlight = { organization_id: string; jobs: number; deliveries: number; oldest: string };
export type Look = Ready & { found: number | null; last: string | null; next_due: Date | null };
export type Handed = {
  organization_id: string;
  jobs: number;
  deliveries: number;
  priority: number;
  run_at: string;
  id: string;
  seen: number;
  first: string;
};
export type Order = { account: Account; deliveries: number; jobs: number };

/** Most jobs in a bundle. */
export const largestBundle = 50;

const ask = async <Row extends pg.QueryResultRow>(
  client: pg.Client,
  name: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> => (await client.query<Row>({ name: `rowlock_${name}`, text, values })).rows;

export async function readPolicies(client: pg.Client): Promise<{ policies: Policy[]; hands: number }> {
  const rows = await ask<Policy & { hands: number | null }>(
    client,
    "dispatch_policies",
    "select * from rowlock_private.dispatch_policies()",
  );
  return {
    policies: rows.filter((row) => row.organization_id !== null),
    hands: rows.find((row) => row.organization_id === null)?.hands ?? 0,
  };
}

export const readInFlight = (client: pg.Client, mark: string | null) =>
  ask<InFlight>(client, "in_flight", "select * from rowlock_private.in_flight($1)", [mark]);

export const makeDue = (client: pg.Client, since: Date | null) =>
  ask<Look>(client, "make_due", "select * from rowlock_private.make_due($1)", [since]);

export const readLanded = (client: pg.Client, since: string) =>
  ask<Look>(client, "landed", "select * from rowlock_private.landed($1)", [since]);

export const readFronts = (client: pg.Client) =>
  ask<Look>(client, "fronts", "select * from rowlock_private.waiting_fronts()");

export const setBusy = (client: pg.Client, busy: boolean) =>
  ask(client, "set_busy", "select rowlock_private.set_busy($1)", [busy]);

export const handOver = (client: pg.Client, orders: readonly Order[]) =>
  ask<Handed>(client, "dispatch", "select * from rowlock_private.dispatch($1, $2, $3, $4, $5, $6, $7)", [
    orders.map(({ account }) => account.id),
    orders.map(({ account }) => account.key.priority),
    orders.map(({ account }) => account.key.runAt),
    orders.map(({ account }) => account.key.id),
    orders.map(({ deliveries }) => deliveries),
    orders.map(({ jobs }) => jobs),
    orders.map(() => largestBundle),
  ]);

/** An id of this moment, by the server's clock. */
export async function readClock(client: pg.Client): Promise<string> {
  const [row] = await ask<{ id: string }>(client, "clock", "select rowlock.uuid7() as id");
  return row?.id ?? "";
}

/** A uuid version 7 of an earlier moment: rows that commit a little late are still found. */
export function earlier(id: string, ms: number): string {
  const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) - ms;
  const hex = Math.max(0, time).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
