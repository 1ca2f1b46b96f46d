import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of this package: the sources lie at `src/`, compiled files at `dist/src/`, `sql/` beside both. */
export const packageRoot: string = findRoot(import.meta.dirname);

/** Whether this runs from `dist/`, as an installed package does. */
export const isCompiled: boolean = import.meta.dirname.startsWith(join(packageRoot, "dist"));

function findRoot(directory: string): string {
  if (existsSync(join(directory, "sql", "kernel"))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error("The folder sql/kernel of Rowlock is missing.");
  return findRoot(parent);
}
