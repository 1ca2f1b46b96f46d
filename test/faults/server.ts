import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { type Embedded, migrate, resolveLogins, standardChains, startEmbedded } from "../../src/db/index.ts";
import { testLogger } from "../helpers/database.ts";
import { withClient } from "../helpers/postgres.ts";

/** So few that 300 idle ones take whatever the processes of the run leave. */
const settings = { max_connections: "300" };

export const sqlDir = join(import.meta.dirname, "sql");

/** A Postgres of the run's own, as durable as it comes, that may be killed. */
export type Server = {
  /** Superuser; for it the last slots are kept. */
  url: string;
  socket: string;
  dataDir: string;
  /** SIGKILL to the postmaster alone, as when the system runs out of memory. */
  kill(): void;
  /** Immediate shutdown: no checkpoint, a start recovers. Settles when it is gone. */
  stop(): Promise<void>;
  /** Waits for the memory of a killed one to be free. */
  start(): Promise<void>;
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  remove(): Promise<void>;
};

export async function startServer(): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-faults-"));
  let starting: Promise<Embedded> | undefined;
  const start = async () => {
    starting = startEmbedded({ dataDir, settings });
    return await starting;
  };
  const remove = async () => {
    await starting?.then(
      (latest) => latest.stop(),
      () => undefined,
    );
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    let server = await start();
    const { url } = server;
    await migrate({
      adminUrl: url,
      logins: resolveLogins({}, url),
      chains: standardChains({ ROWLOCK_EVALS: false, SQL_DIR: sqlDir }),
      logger: testLogger,
    });
    return {
      url,
      socket: join(new URL(url).searchParams.get("host") ?? "", ".s.PGSQL.5432"),
      dataDir,
      kill: () => void process.kill(server.pid, "SIGKILL"),
      async stop() {
        process.kill(server.pid, "SIGQUIT");
        await server.stop();
      },
      async start() {
        server = await start();
      },
      query: <Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) =>
        withClient(url, async (client) => (await client.query<Row>(sql, values)).rows),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
