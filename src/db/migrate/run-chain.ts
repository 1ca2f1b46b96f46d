import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { runner } from "node-pg-migrate";
import type pg from "pg";
import { RowlockError } from "../../sdk/index.ts";
import { type Chain, isMigrationFile, migrationsOf, schemaOf } from "./chains.ts";
import { migrationsSchema } from "./schemas.ts";
import { escapeIdentifier } from "./session.ts";
import { describeSqlError, watchStatements } from "./sql-error.ts";
import { appliedOf } from "./state.ts";

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * Applies what is new of a chain, each file in a transaction of its own as rowlock_owner. A file may
 * `set local role rowlock_broker` for what the broker must own.
 * @returns names applied, as `kernel/0001_ground`
 * @throws RowlockError MIGRATION_FAILED with file, line and reason; earlier files stay applied
 */
export async function runChain(client: pg.ClientBase, chain: Chain): Promise<string[]> {
  if ((await migrationsOf(chain)).length === 0) return [];
  await checkOrder(client, chain);
  let current = "";
  const statements = watchStatements(client);
  const load = async (paths: string[]) =>
    paths
      .filter((path) => isMigrationFile(basename(path)))
      .map((path) => ({ id: path, filePaths: [path], actions: { up: up(path), down: false as const } }));
  const up = (path: string) => async (pgm: { sql: (text: string) => void }) => {
    current = path;
    const text = await readFile(path, "utf8");
    pgm.sql(`set local role rowlock_owner; set local search_path = ${searchPath(chain)}`);
    pgm.sql(text);
    // The table of migrations belongs to the owner, whoever the file ended as.
    pgm.sql("set local role rowlock_owner");
    statements.restart(text);
  };

  await client.query("set role rowlock_owner");
  try {
    const applied = await runner({
      dbClient: client,
      dir: chain.dir,
      ignorePattern: "(?!\\d+[_-].*\\.sql$).*",
      migrationLoaderStrategies: [{ extensions: [".sql"], loader: load }],
      migrationsSchema,
      migrationsTable: chain.name,
      direction: "up",
      singleTransaction: false,
      checkOrder: false,
      noLock: true,
      logger: silent,
    });
    return applied.map((migration) => `${chain.name}/${migration.name}`);
  } catch (error) {
    const seen = statements.seen();
    await client.query("rollback");
    if (current === "") throw error;
    const where = join(chain.dir, basename(current));
    throw new RowlockError("MIGRATION_FAILED", describeSqlError(error, where, seen), {
      cause: error,
    });
  } finally {
    statements.stop();
    await client.query("reset role");
  }
}

/** A file numbered before one that ran already would run in another order elsewhere. */
async function checkOrder(client: pg.ClientBase, chain: Chain): Promise<void> {
  const applied = await appliedOf(client, chain);
  const files = await migrationsOf(chain);
  const early = files.slice(0, applied.length).find((name) => !applied.includes(name));
  if (early === undefined) return;
  throw new RowlockError(
    "MIGRATION_FAILED",
    `${join(chain.dir, `${early}.sql`)} is numbered before ${applied.at(-1)}, which ran already. ` +
      "Give it a higher number.",
  );
}

function searchPath(chain: Chain): string {
  return `${escapeIdentifier(schemaOf(chain))}, public`;
}
