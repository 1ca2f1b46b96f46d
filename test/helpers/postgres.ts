import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { migrate, resolveLogins, standardChains, startEmbedded } from "../../src/db/index.ts";
import { createLogger } from "../../src/log.ts";

/** Speed instead of safety against a power cut; a killed server loses nothing by it. */
export const testSettings = { fsync: "off", full_page_writes: "off", max_connections: "200" };

/** Environment variables by which test files find the server of the run. */
export const testEnv = { adminUrl: "ROWLOCK_TEST_ADMIN_URL", prefix: "ROWLOCK_TEST_PREFIX" } as const;

export type TestServer = {
  /** What the run uses, in words. */
  description: string;
  /** Variables for the test processes. */
  env: Record<string, string>;
  /** Drops every database of the run; stops the server if it is ours, else leaves it as it was found. */
  stop(): Promise<void>;
};

/**
 * One Postgres for a whole run: the server of DATABASE_URL, else an embedded one in a temporary folder, with
 * a migrated template database from which each test gets its own.
 */
export async function provideTestServer(externalUrl: string | undefined): Promise<TestServer> {
  const prefix = `rowlock_test_${randomBytes(4).toString("hex")}`;
  if (externalUrl !== undefined && externalUrl !== "") {
    const rolesBefore = await ourRoles(externalUrl);
    await prepareTemplate(externalUrl, prefix);
    return {
      description: "the server of DATABASE_URL",
      env: { [testEnv.adminUrl]: externalUrl, [testEnv.prefix]: prefix },
      async stop() {
        await dropDatabases(externalUrl, prefix);
        await dropRoles(externalUrl, rolesBefore);
      },
    };
  }
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-test-"));
  const server = await startEmbedded({ dataDir, settings: testSettings });
  const stop = async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await prepareTemplate(server.url, prefix);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    description: "an embedded Postgres in a temporary folder",
    env: { [testEnv.adminUrl]: server.url, [testEnv.prefix]: prefix },
    stop,
  };
}

/** The same URL with another database. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** Runs `work` on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function prepareTemplate(adminUrl: string, prefix: string): Promise<void> {
  const template = `${prefix}_template`;
  await withClient(adminUrl, (client) => client.query(`create database ${template}`));
  const url = withDatabase(adminUrl, template);
  await migrate({
    adminUrl: url,
    logins: resolveLogins({}, url),
    chains: standardChains({ ROWLOCK_EVALS: true, SQL_DIR: "sql" }),
    logger: createLogger({ level: "warn", format: "text" }),
  });
}

async function dropDatabases(adminUrl: string, prefix: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      "select datname from pg_database where starts_with(datname, $1)",
      [prefix],
    );
    for (const { datname } of rows) {
      await client.query(`drop database if exists ${pg.escapeIdentifier(datname)} with (force)`);
    }
  });
}

async function ourRoles(adminUrl: string): Promise<string[]> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ rolname: string }>(
      "select rolname from pg_roles where starts_with(rolname, 'rowlock_')",
    );
    return rows.map((row) => row.rolname);
  });
}

async function dropRoles(adminUrl: string, keep: readonly string[]): Promise<void> {
  const made = (await ourRoles(adminUrl)).filter((role) => !keep.includes(role));
  await withClient(adminUrl, async (client) => {
    for (const role of made) {
      // One that another database has come to use since stays.
      await client.query(`drop role ${pg.escapeIdentifier(role)}`).catch(() => undefined);
    }
  });
}
