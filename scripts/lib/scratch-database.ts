import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type Logins, migrate, resolveLogins, standardChains, startEmbedded } from "../../src/db/index.ts";
import { createLogger } from "../../src/log.ts";

/** What a database looks like after every migration of ours: its logins, and a superuser's open connection. */
export type Scratch = { logins: Logins; client: pg.Client };

/** Runs `use` on a Postgres 18 of its own, freshly migrated (kernel and evals), that is gone afterwards. */
export async function withScratchDatabase<T>(use: (scratch: Scratch) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-dump-"));
  try {
    // Nothing here outlives the process, so nothing waits for the disk.
    const server = await startEmbedded({
      dataDir,
      settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off" },
    });
    try {
      return await withMigratedClient(server.url, use);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function withMigratedClient<T>(url: string, use: (scratch: Scratch) => Promise<T>): Promise<T> {
  const ours = ["kernel", "evals"]; // The third chain is a user's own.
  const chains = standardChains({ ROWLOCK_EVALS: true, SQL_DIR: "" }).filter(({ name }) =>
    ours.includes(name),
  );
  const logger = createLogger({ level: "warn", format: "text" });
  const logins = resolveLogins({}, url);
  await migrate({ adminUrl: url, logins, chains, logger });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use({ logins, client });
  } finally {
    await client.end();
  }
}
