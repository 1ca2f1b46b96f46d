import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type pg from "pg";
import { createPool, type Logins, migrate, resolveLogins, standardChains } from "../../../../src/db/index.ts";
import {
  type ScratchPostgres,
  startScratchPostgres,
  testLogger,
  withClient,
} from "../../../helpers/database.ts";
import { workerEnv } from "../../../helpers/worker.ts";

const root = join(import.meta.dirname, "../../../..");
const noSql = join(root, "test/worker/fixtures/no-sql");

/** When, how long, and how many jobs were handed over. */
export type DispatchTick = { at: number; ms: number; jobs: number };

export type SteadyWorker = AsyncDisposable & { kill(): Promise<void> };

/** A server of its own with the durability that Postgres has by default, and `rowlock worker` processes on it. */
export type SteadyService = AsyncDisposable & {
  postgres: ScratchPostgres;
  urls: Logins;
  /** Connections of the login rowlock_api, for launches. */
  launches: pg.Pool;
  startWorker(): Promise<SteadyWorker>;
  /** Every tick of a dispatcher so far. */
  ticks(): Promise<DispatchTick[]>;
};

export async function startSteadyService(lanes: number): Promise<SteadyService> {
  await using ends = new AsyncDisposableStack();
  const postgres = ends.use(
    await startScratchPostgres({ fsync: "on", full_page_writes: "on", max_connections: "100" }),
  );
  const urls = resolveLogins({}, postgres.url);
  await migrate({
    adminUrl: postgres.url,
    logins: urls,
    chains: standardChains({ ROWLOCK_EVALS: false, SQL_DIR: noSql }),
    logger: testLogger,
  });
  const folder = await mkdtemp(join(tmpdir(), "rowlock-steady-"));
  ends.defer(() => rm(folder, { recursive: true, force: true }));
  const record = join(folder, "dispatch");
  const launches = createPool({ url: urls.api, max: lanes, name: "launches", logger: testLogger });
  ends.defer(() => launches.end());
  const workers = new Set<SteadyWorker>();
  ends.defer(async () => {
    await Promise.all([...workers].map((worker) => worker.kill()));
  });

  const startWorker = async () => {
    const preload = ["--import", join(import.meta.dirname, "record-dispatch.ts")];
    const child = spawn(process.execPath, [...preload, "bin/rowlock.js", "worker"], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        ...workerEnv({ urls }, { TASKS_DIR: join(import.meta.dirname, "tasks"), LOG_LEVEL: "info" }),
        DISPATCH_RECORD: record,
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(child, "exit");
    const kill = async () => {
      workers.delete(worker);
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    };
    const worker = { kill, [Symbol.asyncDispose]: kill };
    workers.add(worker);
    const lines = createInterface({ input: child.stderr });
    const ready = new Promise<void>((resolve) => {
      lines.on("line", (line) => {
        if (line.includes("The worker runs")) resolve();
      });
    });
    await Promise.race([
      ready,
      ended.then(() => Promise.reject(new Error("The worker ended and was never ready."))),
    ]);
    return worker;
  };

  const kept = ends.move();
  return {
    postgres,
    urls,
    launches,
    startWorker,
    async ticks() {
      const text = await readFile(record, "utf8");
      return text
        .trimEnd()
        .split("\n")
        .map((line) => {
          const [at, ms, jobs] = line.split(" ").map(Number);
          return { at: at ?? 0, ms: ms ?? 0, jobs: jobs ?? 0 };
        });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Runs `work` on a connection of the superuser's. */
export async function asAdmin<T>(
  service: SteadyService,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return await withClient(service.urls.admin, work);
}
