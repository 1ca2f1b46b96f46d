import type { Database } from "./database/index.ts";
import type { TestTasks } from "./tasks.ts";

/** What belongs to one test database. */
export type TestWorld = {
  db: Database;
  tasks: TestTasks;
  /** What handlers threw, by job. */
  thrown: Map<string, unknown>;
};
