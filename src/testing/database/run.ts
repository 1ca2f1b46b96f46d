import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { createPool, describeConnectError } from "../../db/index.ts";
import { createLogger } from "../../log.ts";
import { RowlockError, readSettings, sqlstateOf } from "../../sdk/index.ts";
import { provideServer, type TestServer } from "../server/index.ts";
import { dropLeftovers, runLock } from "./leftovers.ts";

const keepTemplatesHours = 1;

/** All that this process makes on the server. While it lives, nobody takes its databases for leftovers. */
export type Run = {
  server: TestServer;
  /** A statement as the admin, in the database of its URL. */
  admin(sql: string): Promise<pg.QueryResult>;
  /** One process at a time, among those that came to the server by the same database. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** The name of a database that belongs to this process. */
  newName(): string;
  /** Ends the connection, and with it the run; the next database begins another. */
  end(): Promise<void>;
};

let current: Promise<Run> | undefined;

/** The run of this process. @throws RowlockError DATABASE_UNAVAILABLE */
export function currentRun(): Promise<Run> {
  current ??= begin().catch((error: unknown) => {
    current = undefined;
    throw error;
  });
  return current;
}

async function begin(): Promise<Run> {
  const server = await provideServer(readSettings().DATABASE_URL);
  const number = randomBytes(4);
  const prefix = `rowlock_test_${number.toString("hex")}`;
  let made = 0;
  const logger = createLogger({ level: "error", format: "text" });
  const pool = createPool({
    url: server.adminUrl,
    max: 2,
    name: "rowlock testing",
    logger,
    exitOnIdle: true,
  });
  const holder = (await pool.connect().catch(async (error: unknown) => {
    await pool.end();
    throw describeConnectError(error, server.adminUrl);
  })) as Holder;
  const end = async () => {
    holder.release(true);
    await pool.end();
  };
  try {
    await holder.query("select pg_advisory_lock($1, $2)", [runLock, number.readInt32BE()]);
    await dropLeftovers(holder, keepTemplatesHours);
  } catch (error) {
    await end();
    throw error;
  }
  holder.unref();
  return {
    server,
    admin: (sql) => whileBusy(() => pool.query(sql)),
    async alone(work) {
      holder.ref();
      try {
        await holder.query("select pg_advisory_lock($1, 0)", [runLock]);
        return await work();
      } finally {
        await holder.query("select pg_advisory_unlock($1, 0)", [runLock]);
        holder.unref();
      }
    },
    newName() {
      made += 1;
      return `${prefix}_${made}`;
    },
    async end() {
      current = undefined;
      await end();
    },
  };
}

/** Keeps its connection, and so its locks, for as long as the process lives, and does not keep it alive. */
type Holder = pg.PoolClient & { ref(): void; unref(): void };

/** Copying waits for nobody: a vacuum that looks at the template this moment makes it fail. */
async function whileBusy(statement: () => Promise<pg.QueryResult>): Promise<pg.QueryResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await statement();
    } catch (error) {
      const code = sqlstateOf(error);
      if (code === "55006" && attempt < 50) await sleep(100);
      else if (code === "42501") throw refused(error);
      else throw error;
    }
  }
}

function refused(cause: unknown): RowlockError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new RowlockError(
    "DATABASE_UNAVAILABLE",
    `The login of DATABASE_URL cannot make databases for tests: ${message}. Give it CREATEDB and CREATEROLE, or unset it for an embedded Postgres.`,
    { cause },
  );
}
