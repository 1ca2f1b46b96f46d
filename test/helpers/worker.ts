import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { readSettings, type Settings } from "../../src/sdk/index.ts";
import type { TestWorker } from "../../src/testing/index.ts";
import type { TestDatabase } from "./database.ts";
import { inherited } from "./inherited.ts";

const repository = join(import.meta.dirname, "../..");
const fixtures = join(repository, "test/worker/fixtures");

/** Settings of a worker on the test's database; its tasks are `note` and `nested/long-note` unless TASKS_DIR says else. */
export function workerEnv(
  db: Pick<TestDatabase, "urls">,
  env: Record<string, string> = {},
): Record<string, string> {
  return {
    NODE_ENV: "test",
    API_DATABASE_URL: db.urls.api,
    TASK_DATABASE_URL: db.urls.task,
    BROKER_DATABASE_URL: db.urls.broker,
    TASKS_DIR: join(fixtures, "tasks"),
    SQL_DIR: join(fixtures, "no-sql"),
    ROWLOCK_EVALS: "off",
    LOG_LEVEL: "error",
    ...env,
  };
}

export function workerSettings(db: Pick<TestDatabase, "urls">, env: Record<string, string> = {}): Settings {
  return readSettings(workerEnv(db, env));
}

/** A worker in this process, as `rowlock worker` runs it. Stop it, or declare it with `await using`. */
export async function startTestWorker(
  db: TestDatabase,
  env: Record<string, string> = {},
): Promise<TestWorker> {
  return await db.startWorker(workerEnv(db, env));
}

export type WorkerProcess = AsyncDisposable & {
  pid: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Settles when it has ended. */
  exited: Promise<unknown>;
  /** Sends a signal and waits for the end. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<{ code: number | null; signal: string | null }>;
};

/** A worker in a process of its own: ours, or the stock `graphile-worker` command with our preset. */
export function spawnWorker(
  db: TestDatabase,
  command: "rowlock" | "graphile-worker",
  env: Record<string, string> = {},
): WorkerProcess {
  const script =
    command === "rowlock"
      ? [join(fixtures, "run-worker.ts")]
      : [
          join(repository, "node_modules/graphile-worker/dist/cli.js"),
          "-C",
          join(fixtures, "graphile.config.ts"),
        ];
  const child: ChildProcess = spawn(process.execPath, script, {
    cwd: fixtures,
    env: { ...inherited, ...workerEnv(db, env) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  const exited = once(child, "exit") as Promise<[number | null, string | null]>;
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [code, by] = await exited;
    return { code, signal: by };
  };
  return {
    pid: child.pid ?? -1,
    exited,
    output: () => output,
    end,
    [Symbol.asyncDispose]: async () => void (await end("SIGKILL")),
  };
}
