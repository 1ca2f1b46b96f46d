import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { isTask, type Task } from "../jobs/index.ts";
import { RowlockError } from "../sdk/index.ts";

const taskFile = /^[A-Za-z0-9_-]+\.(ts|mts|js|mjs)$/;

/**
 * Loads every task file below the folders. A file's default export is a task whose name is the file's path.
 * @returns tasks by name
 * @throws RowlockError INVALID_TASK_FILE, DUPLICATE_TASK, each naming the file
 */
export async function loadTasks(directories: readonly string[]): Promise<Map<string, Task>> {
  const tasks = new Map<string, Task>();
  const files = new Map<string, string>();
  for (const directory of new Set(directories)) {
    for (const file of await filesBelow(directory)) {
      const name = relative(directory, file)
        .replace(/\.\w+$/, "")
        .split(sep)
        .join("/");
      const task = await loadTask(file, name);
      const other = files.get(name);
      if (other !== undefined) {
        throw new RowlockError(
          "DUPLICATE_TASK",
          `Two files define the task "${name}": ${other} and ${file}. Rename one.`,
        );
      }
      files.set(name, file);
      tasks.set(name, task);
    }
  }
  return tasks;
}

async function loadTask(file: string, name: string): Promise<Task> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { default?: unknown };
  } catch (cause) {
    if (cause instanceof RowlockError) throw cause;
    const what = cause instanceof Error ? cause.message : String(cause);
    // What Node says of a module in a package that `npm init` made.
    const why = /import statement outside/.test(what)
      ? `${what}. Write "type": "module" into package.json.`
      : what;
    throw new RowlockError("INVALID_TASK_FILE", `${file} cannot be loaded: ${why}`, { cause });
  }
  if (!isTask(module.default)) {
    throw new RowlockError(
      "INVALID_TASK_FILE",
      `${file} has no task as its default export. Write: export default defineTask({ name: "${name}", … }).`,
    );
  }
  const declared = module.default.definition.name;
  if (declared !== name) {
    throw new RowlockError(
      "INVALID_TASK_FILE",
      `${file} defines a task named "${declared}". A task has its file's name: write name: "${name}", or move the file.`,
    );
  }
  return module.default;
}

async function filesBelow(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && taskFile.test(entry.name) && !entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
