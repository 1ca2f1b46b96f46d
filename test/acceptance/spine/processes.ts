import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestDatabase } from "../../helpers/database.ts";
import { until } from "../../helpers/jobs.ts";

const root = join(import.meta.dirname, "../../..");
const longestEndMs = 30_000;

/** Which command runs the worker: ours, or the stock one with the repository's graphile.config.ts. */
export type WorkerMode = "rowlock" | "graphile-worker";

export const jwtSecret = "a secret of the acceptance tests, for HS256";

/** What each process is told: its logins and nothing of an administrator's. */
function environment(db: TestDatabase): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_ENV: "test",
    API_DATABASE_URL: db.urls.api,
    TASK_DATABASE_URL: db.urls.task,
    BROKER_DATABASE_URL: db.urls.broker,
    API_PORT: "0",
    JWT_SECRET: jwtSecret,
    // The endpoint under test runs on this machine.
    ALLOW_INTERNAL_ADDRESSES: "127.0.0.0/8",
    SECRET_KEYS: `acceptance:${Buffer.alloc(32, 7).toString("base64")}`,
    LOG_FORMAT: "json",
    LOG_LEVEL: "debug",
  };
}

type Line = { msg?: string } & Record<string, unknown>;

export type Process = {
  pid: number | undefined;
  /** Lines of its log so far; a line that is no JSON is an object with its text as `msg`. */
  lines: Line[];
  /** SIGTERM, then its end. @throws with its last lines when it does not end by itself or ends badly */
  stop(): Promise<void>;
  /** SIGKILL to all that was started, then its end. */
  kill(): Promise<void>;
  /** The first line whose message fits. */
  said(message: RegExp): Promise<Line>;
};

/** @param whole whether SIGTERM goes to all that the command starts, as a service manager sends it */
function start(command: string, args: string[], env: NodeJS.ProcessEnv, whole = false): Process {
  // A group of its own: what does not end when told is killed with all it started.
  const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const lines: Line[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => lines.push(parsed(line)));
  }
  const ended = once(child, "close") as Promise<[number | null, string | null]>;
  const log = () =>
    lines
      .slice(-15)
      .map((line) => JSON.stringify(line))
      .join("\n");
  const name = `${command} ${args.join(" ")}`;
  let stopping: Promise<void> | undefined;

  async function stop(): Promise<void> {
    if (child.pid === undefined) throw new Error(`${name} could not be started.`);
    const group = -child.pid;
    if (child.exitCode === null && child.signalCode === null) {
      process.kill(whole ? group : child.pid, "SIGTERM");
    }
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(group, "SIGKILL");
    }, longestEndMs);
    const [code, signal] = await ended;
    clearTimeout(timer);
    if (late) throw new Error(`${name} did not end within ${longestEndMs} ms of SIGTERM:\n${log()}`);
    // The stock command ends by the very signal; npx reports that as 128 + 15.
    if (signal !== "SIGTERM" && code !== 0 && code !== 143)
      throw new Error(`${name} ended with ${code}:\n${log()}`);
  }

  return {
    pid: child.pid,
    lines,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    async kill() {
      // Whoever stops it later finds it ended.
      stopping ??= ended.then(() => undefined);
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      await ended;
    },
    async said(message) {
      const find = async () => lines.find(({ msg }) => msg !== undefined && message.test(msg));
      const found = await until(find, (line) => line !== undefined || child.exitCode !== null, 30_000);
      if (found === undefined) throw new Error(`${name} ended and never said ${message}:\n${log()}`);
      return found;
    },
  };
}

/** `rowlock api`, answering. */
export async function startApiProcess(db: TestDatabase): Promise<Process & { url: string }> {
  const api = start("node", ["bin/rowlock.js", "api"], environment(db));
  const { url } = await api.said(/^The API listens/);
  return { ...api, url: String(url) };
}

/** A worker, ready to take jobs. */
export async function startWorkerProcess(
  db: TestDatabase,
  mode: WorkerMode,
  env: Record<string, string> = {},
): Promise<Process> {
  const worker =
    mode === "rowlock"
      ? start("node", ["bin/rowlock.js", "worker"], { ...environment(db), ...env })
      : // npx hands a signal to its shell, which hands it to nobody.
        start("npx", ["graphile-worker"], environment(db), true);
  await worker.said(/tasks: .*evals\/run-test/);
  return worker;
}

/** How many jobs of a task a worker brought to a good end, by its log. */
export function countSucceeded({ lines }: Process, task: string): number {
  return lines.filter(({ msg }) => msg === `${task} succeeded`).length;
}

function parsed(line: string): Line {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Line;
  } catch {
    // As it is.
  }
  return { msg: line };
}
