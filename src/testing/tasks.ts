import { resolve } from "node:path";
import type { Pool } from "pg";
import { nameOf, syncCatalogue, type Task, type TaskReference } from "../jobs/index.ts";
import { RowlockError } from "../sdk/index.ts";
import { loadTasks } from "../worker/index.ts";

/** A task, whatever its payload. */
export type AnyTask = Pick<Task, "definition">;

/** The tasks that a test database can run; the catalogue names the same. */
export class TestTasks {
  readonly byName = new Map<string, Task>();
  readonly #pool: Pool;

  /** @param pool of the login rowlock_task */
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** @param given tasks, and folders of task files; one of a name that is there takes its place */
  async add(given: readonly (AnyTask | string)[]): Promise<void> {
    const folders = given.filter((one) => typeof one === "string").map((folder) => resolve(folder));
    const loaded = await loadTasks(folders);
    // A function with a definition is what `defineTask` makes; the type is narrower because of its payload alone.
    const added = [...loaded.values(), ...given.filter((one) => typeof one !== "string")] as Task[];
    if (added.length === 0) return;
    for (const task of added) this.byName.set(task.definition.name, task);
    await syncCatalogue(this.#pool, added);
  }

  /** The name of what is to be launched. A task that was not known yet is added. */
  async nameFor(task: TaskReference<never>): Promise<string> {
    const name = nameOf(task);
    const known: unknown = this.byName.get(name);
    if (typeof task !== "string" && known !== task) await this.add([task as AnyTask]);
    return name;
  }

  /** @throws RowlockError UNKNOWN_TASK */
  get(name: string): Task {
    const task = this.byName.get(name);
    if (task !== undefined) return task;
    throw new RowlockError(
      "UNKNOWN_TASK",
      `The test database has no task "${name}"; it has: ${[...this.byName.keys()].join(", ") || "none"}. ` +
        "Give it to createTestDatabase({ tasks }) or to addTasks.",
    );
  }
}
