import type { Pool } from "pg";
import { createPool } from "../../../src/db/index.ts";
import { type TenantTransaction, withTenant } from "../../../src/tenancy/index.ts";
import { testLogger } from "../../helpers/database.ts";
import type { Arena } from "../arena.ts";
import { EnoughFound, type Report } from "../report.ts";

const whoAmI = `select current_user as role,
  nullif(current_setting('rowlock.organization_id', true), '') as organization,
  nullif(current_setting('rowlock.role', true), '') as claimed`;

type Wrong = (tx: TenantTransaction) => Promise<unknown>;

/** Ways in which a transaction goes wrong and leaves nothing. */
const wrongs: Record<string, Wrong> = {
  "ends well": (tx) => tx.query("select 1"),
  throws: () => Promise.reject(new Error("on purpose")),
  "fails in SQL": (tx) => tx.query("select 1 / 0"),
  "swallows an error": (tx) => tx.query("select 1 / 0").catch(() => undefined),
  "throws with a query under way": (tx) => {
    tx.query("select pg_sleep(0.02)").catch(() => undefined);
    return Promise.reject(new Error("on purpose"));
  },
  "ends the transaction itself": (tx) => tx.query("commit"),
  "begins another": (tx) => tx.query("rollback; begin"),
};

/** What only a task's own SQL can do to its session. The next one may be refused, but never be someone else. */
const spoilt: Record<string, Wrong> = {
  "sets a role for the session": (tx) => tx.query("set role rowlock_tenant"),
  "sets claims for the session": (tx) =>
    tx.query(`select set_config('rowlock.organization_id', rowlock.claimed_organization()::text, false),
                     set_config('rowlock.role', 'system', false)`),
};

/** A transaction that goes wrong in every way, and then who borrows its connection: it must find nothing left of it. */
export async function attackThePool(arena: Arena, report: Report): Promise<void> {
  for (const [name, wrong] of Object.entries({ ...wrongs, ...spoilt })) {
    const pool = createPool({ url: arena.db.urls.api, max: 1, name: "attack", logger: testLogger });
    try {
      await attackOnce(arena, pool, name, wrong, report);
    } finally {
      await pool.end();
    }
  }
}

async function attackOnce({ north, south }: Arena, pool: Pool, name: string, wrong: Wrong, report: Report) {
  let kept: TenantTransaction | undefined;
  await withTenant(pool, { organizationId: north.id, userId: north.users.owner }, (tx) => {
    kept = tx;
    return wrong(tx);
  }).catch(() => undefined);
  if (name in wrongs) {
    const [left] = (await pool.query(whoAmI)).rows;
    if (left?.organization !== null || left?.claimed !== null || left?.role !== "rowlock_api") {
      report.add("S", "the pool", `a transaction that ${name} leaves ${JSON.stringify(left)}`);
    }
  }
  const next = { organizationId: south.id, userId: south.users.viewer };
  const text = await withTenant(pool, next, async (tx) => {
    const stale = await kept?.query("select 1").then(
      () => true,
      () => false,
    );
    if (stale === true) report.add("S", "the pool", "a transaction that ended runs queries in the next one");
    return JSON.stringify((await tx.query("select id, name from rowlock.organizations")).rows);
  }).catch((error: unknown) => {
    if (error instanceof EnoughFound) throw error;
    if (name in wrongs) report.add("S", "the pool", `control: after one that ${name}: ${String(error)}`);
    return undefined;
  });
  if (text === undefined) return;
  if (text.includes(north.canary) || !text.includes(south.id)) {
    report.add("S", "the pool", `after one that ${name}, the next sees ${text}`);
  }
}
