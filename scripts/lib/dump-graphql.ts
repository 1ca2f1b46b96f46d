import { printGraphqlSchema } from "../../src/api/index.ts";
import { loadExtensions } from "../../src/cli/applications.ts";
import { createPool, type Logins } from "../../src/db/index.ts";
import { createLogger } from "../../src/log.ts";
import { readSettings } from "../../src/sdk/index.ts";

/** What the API shows of a migrated database, as GraphQL's own language, under default settings. */
export async function dumpGraphql(logins: Logins): Promise<string> {
  const logger = createLogger({ level: "warn", format: "text" });
  const pool = createPool({ url: logins.api, max: 2, name: "rowlock dump", logger });
  try {
    const settings = readSettings({});
    const extensions = (await loadExtensions(settings)).flatMap(({ graphql }) => graphql ?? []);
    return await printGraphqlSchema({ pool, settings, extensions });
  } finally {
    await pool.end();
  }
}
