import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { packageRoot, RowlockError, type Settings, sqlstateOf } from "../../sdk/index.ts";

/**
 * A chain: a folder of numbered SQL files, applied in order, each once. It has its own table
 * `rowlock_migrations.<name>`, so that chains grow independently.
 */
export type Chain = {
  /** Lower-case word: kernel, evals, app. */
  name: string;
  /** Absolute or relative folder; one that is missing is an empty chain, except for the kernel's. */
  dir: string;
};

const filePattern = /^\d+[_-].*\.sql$/;

/** The chains of this installation: the kernel's, the shipped application's if it is on, and the user's own. */
export function standardChains(settings: Pick<Settings, "ROWLOCK_EVALS" | "SQL_DIR">): Chain[] {
  const sql = join(packageRoot, "sql");
  return [
    { name: "kernel", dir: join(sql, "kernel") },
    ...(settings.ROWLOCK_EVALS ? [{ name: "evals", dir: join(sql, "evals") }] : []),
    { name: "app", dir: resolve(settings.SQL_DIR) },
  ];
}

/** Schema in which a chain's unqualified names are made. */
export function schemaOf(chain: Chain): string {
  return chain.name === "kernel" ? "rowlock" : chain.name;
}

/** Names of a chain's migrations (file names without `.sql`), in order. */
export async function migrationsOf(chain: Chain): Promise<string[]> {
  if (!/^[a-z][a-z0-9_]*$/.test(chain.name)) {
    throw new RowlockError(
      "INTERNAL",
      `"${chain.name}" cannot be the name of a chain; use lower-case letters.`,
    );
  }
  const files = await readdir(chain.dir).catch((error: unknown) => {
    if (chain.name !== "kernel" && sqlstateOf(error) === "ENOENT") return [];
    throw error;
  });
  const odd = files.find((file) => filePattern.test(file) && !/^[\w. -]+$/.test(file));
  if (odd !== undefined) {
    throw new RowlockError(
      "MIGRATION_FAILED",
      `The name of ${join(chain.dir, odd)} cannot be kept. Use letters, digits, "_", "-" and ".".`,
    );
  }
  return files
    .filter((file) => filePattern.test(file))
    .map((file) => file.slice(0, -".sql".length))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
}

/** SQL files that no chain takes because they have no number: most likely a slip. */
export async function unnumberedIn(chain: Chain): Promise<string[]> {
  const files = await readdir(chain.dir).catch(() => []);
  // schema.sql is what a dump is called.
  return files.filter((file) => file.endsWith(".sql") && file !== "schema.sql" && !filePattern.test(file));
}

export function isMigrationFile(name: string): boolean {
  return filePattern.test(name);
}
