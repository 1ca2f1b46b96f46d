import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Embedded, startEmbedded } from "../../src/db/index.ts";
import { createLogger } from "../../src/log.ts";
import { type Database, makeDatabase } from "../../src/testing/database/index.ts";
import * as testing from "../../src/testing/index.ts";
import { testSettings } from "./postgres.ts";

export type { TestDatabase } from "../../src/testing/index.ts";
export { withClient } from "./postgres.ts";

export const testLogger = createLogger({ level: "error", format: "text" });

/** A fresh database with all our migrations and an empty catalogue. Drop it in `after`, or declare it with `await using`. */
export async function createTestDatabase(): Promise<testing.TestDatabase> {
  return await testing.createTestDatabase({ tasks: [], sql: "sql", evals: true });
}

/** A fresh database without anything of ours in it. */
export async function createEmptyDatabase(): Promise<Database & AsyncDisposable> {
  const db = await makeDatabase(undefined);
  return { ...db, [Symbol.asyncDispose]: db.drop };
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
