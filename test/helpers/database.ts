import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import {
  createPool,
  type Embedded,
  type Logins,
  resolveLogins,
  secureDatabase,
  startEmbedded,
} from "../../src/db/index.ts";
import { createLogger } from "../../src/log.ts";
import { sqlstateOf } from "../../src/sdk/index.ts";
import { testEnv, testSettings, withClient, withDatabase } from "./postgres.ts";

export { withClient } from "./postgres.ts";

export const testLogger = createLogger({ level: "error", format: "text" });

export type TestDatabase = AsyncDisposable & {
  name: string;
  /** A URL for each login. */
  urls: Logins;
  /** The pool of a login, made at its first use. */
  pool(login: keyof Logins): pg.Pool;
  /** Closes the pools and drops the database, whoever is connected. */
  drop(): Promise<void>;
};

/** A fresh, migrated database of its own. Drop it in `after`, or declare it with `await using`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return makeDatabase((prefix) => ` template ${prefix}_template`);
}

/** A fresh database without anything of ours in it. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return makeDatabase(() => "");
}

export type ScratchPostgres = AsyncDisposable & {
  /** Superuser, database `rowlock`, not migrated. */
  url: string;
  dataDir: string;
  /** Process id of the postmaster. */
  pid(): number;
  /** SIGKILL, as a crash would; then `start` again. */
  kill(): void;
  start(): Promise<void>;
  /** Stops it and removes its files. */
  remove(): Promise<void>;
};

/** A server of the test's own that may be killed. Always the embedded one. */
export async function startScratchPostgres(settings: Record<string, string> = {}): Promise<ScratchPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-scratch-"));
  let starting: Promise<Embedded>;
  let server: Embedded;
  const start = async () => {
    starting = startEmbedded({ dataDir, settings: { ...testSettings, ...settings } });
    server = await starting;
    return server;
  };
  server = await start();
  const remove = async () => {
    // A test that failed may have left a start under way; its server would stay.
    await starting.then(
      (latest) => latest.stop(),
      () => undefined,
    );
    await rm(dataDir, { recursive: true, force: true });
  };
  return {
    url: server.url,
    dataDir,
    pid: () => server.pid,
    kill: () => void process.kill(server.pid, "SIGKILL"),
    start: async () => void (await start()),
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

async function makeDatabase(template: (prefix: string) => string): Promise<TestDatabase> {
  const [adminUrl, prefix] = [process.env[testEnv.adminUrl], process.env[testEnv.prefix]];
  if (adminUrl === undefined || prefix === undefined) {
    throw new Error("No test server: run test files with `npm test -- test/some/file.test.ts`.");
  }
  const name = `${prefix}_${randomBytes(5).toString("hex")}`;
  await createDatabase(adminUrl, `create database ${name}${template(prefix)}`);
  const urls = resolveLogins({}, withDatabase(adminUrl, name));
  // Rights on the database itself do not come with the template.
  if (template(prefix) !== "") await withClient(urls.admin, secureDatabase);
  return testDatabase(name, urls, adminUrl);
}

function testDatabase(name: string, urls: Logins, serverUrl: string): TestDatabase {
  const pools = new Map<keyof Logins, pg.Pool>();
  const drop = async () => {
    // A test that failed may not have given its client back; it must not hold the run.
    await Promise.race([Promise.all([...pools.values()].map((pool) => pool.end())), sleep(2_000)]);
    await withClient(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
  };
  return {
    name,
    urls,
    pool(login) {
      const made = pools.get(login);
      if (made !== undefined) return made;
      const pool = createPool({ url: urls[login], max: 5, name: `test ${login}`, logger: testLogger });
      pools.set(login, pool);
      return pool;
    },
    drop,
    [Symbol.asyncDispose]: drop,
  };
}

/** Copying waits for nobody: a vacuum that looks at the template this moment makes it fail. */
async function createDatabase(adminUrl: string, statement: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await withClient(adminUrl, (client) => client.query(statement));
      return;
    } catch (error) {
      if (sqlstateOf(error) !== "55006" || attempt >= 10) throw error;
      await sleep(100);
    }
  }
}
