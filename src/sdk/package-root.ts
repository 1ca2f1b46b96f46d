import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

/** The folder of this package: the sources lie at `src/`, compiled files at `dist/src/`, `sql/` beside both. */
export const packageRoot: string = findRoot(import.meta.dirname);

/** Whether this runs from `dist/`, as an installed package does. */
export const isCompiled: boolean = import.meta.dirname.startsWith(join(packageRoot, "dist"));

/** The version of this package. */
export const packageVersion: string = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"))).version;

function findRoot(directory: string): string {
  if (existsSync(join(directory, "sql", "kernel"))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error("The folder sql/kernel of Rowlock is missing.");
  return findRoot(parent);
}
