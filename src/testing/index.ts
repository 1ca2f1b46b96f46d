/** What tests of your tasks import as "rowlock/testing". */

export type { TestClock } from "./clock.ts";
export type { PoolName } from "./database/index.ts";
export type { DrainOptions } from "./drain.ts";
export type { TestMember, TestTask } from "./member.ts";
export type { TestJob } from "./read-jobs.ts";
export type { TestWorker } from "./start-worker.ts";
export { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from "./test-database.ts";
export type { WaitOptions } from "./wait.ts";
