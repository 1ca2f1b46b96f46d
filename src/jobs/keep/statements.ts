import type pg from "pg";
import type { Place, Queue } from "./ledger.ts";
import { type Policies, policiesSchema, type UsedSlots } from "./limits.ts";

/** What the dispatcher asks, all over its own connection; prepared once. */
export type Unknown = Pick<Place, "organization_id" | "lane" | "priority"> & {
  delivery: string;
  /** The last of its jobs that wait. */
  run_at: string | null;
  id: string | null;
};
type Look = Place & {
  found: number | null;
  last: string | null;
  due_in_ms: number | null;
  snapshot: string | null;
};
/** `found` places, and how far the look came. */
export type Looked = {
  places: Place[];
  found: number;
  last: string | null;
  /** Until the next scheduled job is due, by the database's clock. */
  dueInMs: number | null;
  snapshot: string | null;
};
export type Handed = {
  ord: number;
  jobs: number;
  run_at: string | null;
  id: string | null;
  more: boolean;
  size: number | null;
  /** "number:jobs,…" */
  deliveries: string | null;
  /** Lanes to which jobs went. */
  misplaced: string[] | null;
};
export type Order = { queue: Queue; deliveries: number; jobs: number; rated: boolean; rewound: boolean };

/** Most jobs in a bundle. */
export const largestBundle = 100;

const ask = async <Row extends pg.QueryResultRow>(
  client: pg.Client,
  name: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> => (await client.query<Row>({ name: `rowlock_${name}`, text, values })).rows;

export async function readPolicies(client: pg.Client): Promise<Policies> {
  const [row] = await ask(
    client,
    "dispatch_policies",
    "select rowlock_private.dispatch_policies() as policies",
  );
  return policiesSchema.parse(row?.policies);
}

export const readEnded = async (client: pg.Client, known: readonly string[]): Promise<string[]> =>
  known.length === 0
    ? []
    : (
        await ask<{ id: string }>(
          client,
          "ended",
          "select rowlock_private.ended_deliveries($1::bigint[]) as id",
          [known],
        )
      ).map(({ id }) => id);

/** @param above no delivery that is asked for has this number or a lower one */
export const readUnknown = (client: pg.Client, known: readonly string[], above: number) =>
  ask<Unknown>(client, "unknown", "select * from rowlock_private.unknown_deliveries($1::bigint[], $2)", [
    known,
    above,
  ]);

export const readSlots = (client: pg.Client, whole: boolean) =>
  ask<UsedSlots>(client, "slots", "select * from rowlock_private.rate_slots_used($1)", [whole]);

/** @param withinMs of what was due longer ago nothing is looked for; null: of all */
export const makeDue = async (client: pg.Client, withinMs: number | null) =>
  looked(
    await ask<Look>(
      client,
      "make_due",
      // By the database's clock: this machine's may be wrong.
      `select d.*, extract(epoch from d.next_due - rowlock_private.clock())::float8 * 1000 as due_in_ms
       from rowlock_private.make_due(rowlock_private.clock() - $1 * interval '1 millisecond') d`,
      [withinMs],
    ),
  );

export const readLanded = async (client: pg.Client, since: string, snapshot: string | null) =>
  looked(
    await ask<Look>(client, "landed", "select *, null as due_in_ms from rowlock_private.landed($1, $2)", [
      since,
      snapshot,
    ]),
  );

/** Some of the queues after `after`, in order, all deliveries having numbers above `above`; a place without an id has nothing the broker does not have. */
export const readFronts = (client: pg.Client, after: Queue | undefined, most: number, above: number) =>
  ask<Omit<Place, "id"> & { id: string | null }>(
    client,
    "fronts",
    "select * from rowlock_private.waiting_fronts(row($1::uuid, $2::text, $3::smallint, null, null, null, null, null, null)::rowlock_private.ready, $4, $5)",
    [after?.account.id ?? null, after?.lane ?? null, after?.priority ?? null, most, above],
  );

export const setBusy = (client: pg.Client, busy: boolean, leaving = false) =>
  ask(client, "set_busy", "select rowlock_private.set_busy($1, $2)", [busy, leaving]);

/** @returns nothing when policies are no longer those of `version` */
export const handOver = (client: pg.Client, orders: readonly Order[], version: number) =>
  ask<Handed>(
    client,
    "dispatch",
    "select * from rowlock_private.dispatch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    [
      orders.map(({ queue }) => queue.account.id),
      orders.map(({ queue }) => queue.lane),
      orders.map(({ queue }) => queue.priority),
      orders.map(({ queue }) => queue.key.runAt),
      orders.map(({ queue }) => queue.key.id),
      orders.map(({ deliveries }) => deliveries),
      orders.map(({ jobs }) => jobs),
      // One by one where starts are counted: in a bundle nobody sees them.
      orders.map(({ rated }) => (rated ? 1 : largestBundle)),
      orders.map(({ rated }) => rated),
      orders.some(({ rewound }) => rewound),
      version,
    ],
  );

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

/** The last row, without an organization, tells how far the look came. */
function looked(rows: readonly Look[]): Looked {
  const end = rows.at(-1);
  return {
    places: rows.slice(0, -1),
    found: end?.found ?? 0,
    last: end?.last ?? null,
    dueInMs: end?.due_in_ms ?? null,
    snapshot: end?.snapshot ?? null,
  };
}
