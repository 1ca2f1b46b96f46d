import type { Pool } from "pg";
import { printGraphqlSchema, printOperatorsSchema } from "../../src/api/index.ts";
import { loadExtensions } from "../../src/cli/applications.ts";
import { createPool, type Logins } from "../../src/db/index.ts";
import { createLogger } from "../../src/log.ts";
import { readSettings } from "../../src/sdk/index.ts";

/** What the API shows tenants of a migrated database, as GraphQL's own language, under default settings. */
export async function dumpGraphql(logins: Logins): Promise<string> {
  return await withPool(logins.api, async (pool) => {
    const settings = readSettings({});
    const extensions = (await loadExtensions(settings)).flatMap(({ graphql }) => graphql ?? []);
    return await printGraphqlSchema({ pool, settings, extensions });
  });
}

/** And what it shows operators. */
export async function dumpOperatorsGraphql(logins: Logins): Promise<string> {
  return await withPool(logins.ops, (pool) => printOperatorsSchema({ pool, settings: readSettings({}) }));
}

async function withPool(url: string, work: (pool: Pool) => Promise<string>): Promise<string> {
  const logger = createLogger({ level: "warn", format: "text" });
  const pool = createPool({ url, max: 2, name: "rowlock dump", logger });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
