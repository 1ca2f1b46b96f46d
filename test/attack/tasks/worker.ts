import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import { createLogger, type Logger } from "../../../src/log.ts";
import { readSettings } from "../../../src/sdk/index.ts";
import { startWorker } from "../../../src/worker/index.ts";
import type { TestDatabase } from "../../helpers/database.ts";

const fixtures = pathToFileURL(join(import.meta.dirname, "../fixtures/notes.ts")).href;
const files = { note: "note", other: "other", leak: "leak", hang: "hang", "hang-long": "hangLong" };

export type TaskFolder = AsyncDisposable & { path: string };

/** A folder of task files, as an application has one. */
export async function makeTaskFolder(): Promise<TaskFolder> {
  const path = await mkdtemp(join(tmpdir(), "rowlock-attack-"));
  await mkdir(join(path, "tasks"));
  for (const [name, exported] of Object.entries(files)) {
    await writeFile(
      join(path, "tasks", `${name}.ts`),
      `export { ${exported} as default } from ${JSON.stringify(fixtures)};\n`,
    );
  }
  return {
    path: join(path, "tasks"),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Environment of a worker on the test's database. */
export function workerEnvironment(
  db: TestDatabase,
  tasks: string,
  more: Record<string, string> = {},
): Record<string, string> {
  return {
    NODE_ENV: "test",
    TASK_DATABASE_URL: db.urls.task,
    BROKER_DATABASE_URL: db.urls.broker,
    TASKS_DIR: tasks,
    SQL_DIR: "/nonexistent",
    ROWLOCK_EVALS: "off",
    ...more,
  };
}

/** A logger that keeps every line. */
export function keepLog(): { logger: Logger; text(): string } {
  let text = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { logger: createLogger({ level: "debug", format: "json", destination }), text: () => text };
}

/** Runs a worker of this process until the broker has nothing left that is due. */
export async function workOff(
  db: TestDatabase,
  tasks: string,
  logger: Logger,
  more: Record<string, string> = {},
): Promise<void> {
  const worker = await startWorker(readSettings(workerEnvironment(db, tasks, more)), logger);
  const deadline = Date.now() + 15_000;
  const known = Object.keys(worker.tasks).length;
  try {
    for (;;) {
      const { rows } = await db.pool("admin").query<{ left: number }>(
        `select (select count(*) from graphile_worker._private_jobs j
                 join graphile_worker._private_tasks t on t.id = j.task_id
                 where t.identifier = any($1) and j.run_at <= now())::int
              + (select count(*) from rowlock.live l where l.state = 'waiting' and l.task = any($1))::int as left`,
        [worker.tasks],
      );
      if (rows[0]?.left === 0) return;
      if (Date.now() > deadline) throw new Error(`The worker (${known} tasks) left ${rows[0]?.left} jobs.`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    await worker.stop();
  }
}
