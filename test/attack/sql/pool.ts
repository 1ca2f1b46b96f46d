import { createPool } from "../../../src/db/index.ts";
import { type TenantTransaction, withTenant } from "../../../src/tenancy/index.ts";
import { testLogger } from "../../helpers/database.ts";
import type { Arena } from "../arena.ts";
import type { Report } from "../report.ts";

const whoAmI = `select current_user as role, pg_backend_pid() as pid, txid_current_if_assigned() as tx,
  nullif(current_setting('rowlock.organization_id', true), '') as organization,
  nullif(current_setting('rowlock.role', true), '') as claimed`;

/** A transaction that goes wrong in every way, and then who borrows its connection: it must find nothing left of it. */
export async function attackThePool({ db, north, south }: Arena, report: Report): Promise<void> {
  const pool = createPool({ url: db.urls.api, max: 1, name: "attack", logger: testLogger });
  const who = { organizationId: north.id, userId: north.users.owner };
  let kept: TenantTransaction | undefined;
  const wrongs: Record<string, (tx: TenantTransaction) => Promise<unknown>> = {
    "ends well": async (tx) => {
      kept = tx;
      await tx.query("select 1");
    },
    throws: () => Promise.reject(new Error("on purpose")),
    "fails in SQL": (tx) => tx.query("select 1 / 0"),
    "swallows an error": (tx) => tx.query("select 1 / 0").catch(() => undefined),
    "throws with a query under way": (tx) => {
      tx.query("select pg_sleep(0.02)").catch(() => undefined);
      return Promise.reject(new Error("on purpose"));
    },
    "ends the transaction itself": (tx) => tx.query("commit"),
    "begins another": (tx) => tx.query("rollback; begin"),
    "sets a role for the session": (tx) => tx.query("set role rowlock_tenant"),
  };
  try {
    for (const [name, wrong] of Object.entries(wrongs)) {
      await withTenant(pool, who, wrong).catch(() => undefined);
      const { rows } = await pool.query(whoAmI);
      const [left] = rows;
      if (left?.organization !== null || left?.claimed !== null || left?.role !== "rowlock_api") {
        report.add("S", "the pool", `a transaction that ${name} leaves ${JSON.stringify(left)}`);
      }
      await nextOneIsItself(
        pool,
        report,
        name,
        { organizationId: south.id, userId: south.users.viewer },
        north.canary,
      );
    }
    await withTenant(pool, { ...who, userId: south.users.owner }, (tx) => tx.query("select 1")).then(
      () => report.add("S", "the pool", "a stranger entered"),
      () => undefined,
    );
    await withTenant(pool, { organizationId: south.id, userId: south.users.owner }, async () => {
      await kept?.query("select 1").then(
        () => report.add("S", "the pool", "a transaction that ended runs queries in the next one"),
        () => undefined,
      );
    });
  } finally {
    await pool.end();
  }
}

async function nextOneIsItself(
  pool: Parameters<typeof withTenant>[0],
  report: Report,
  after: string,
  who: { organizationId: string; userId: string },
  others: string,
): Promise<void> {
  const { rows } = await withTenant(pool, who, (tx) =>
    tx.query("select id, name from rowlock.organizations"),
  );
  const text = JSON.stringify(rows);
  if (text.includes(others) || !text.includes(who.organizationId)) {
    report.add("S", "the pool", `after one that ${after}, the next sees ${text}`);
  }
}
