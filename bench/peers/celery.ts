import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import type { Bench } from "../lib/bench.ts";
import { createEffects } from "../lib/effects.ts";
import { spawnWorkers } from "../lib/processes.ts";
import { redisMemory } from "../lib/redis-memory.ts";
import type { AnyTaskName, Peer, PeerOptions } from "./peer.ts";

const python = "/usr/bin/python3";
const scripts = join(import.meta.dirname, "..", "workers");
const multiplier = 64;

type Command = { op: "many" | "loop"; task: AnyTaskName; organizations: readonly string[] } & Record<
  string,
  unknown
>;

/** Debian's Celery, prefork, on Redis, or, `fair`, with a queue for each organization, asked in turn. */
export function celery(
  { postgres, folder, latencyFile }: Bench,
  socket: string,
  { fair = false }: PeerOptions = {},
): Peer {
  const database = "bench_celery";
  let opened: Redis | undefined;
  const redis = () => {
    opened ??= new Redis({ path: socket });
    return opened;
  };
  let known: readonly string[] = [];
  const env = {
    BENCH_BROKER_URL: `redis+socket://${socket}`,
    BENCH_DATABASE_URL: postgres.url(database),
    BENCH_LATENCY_FILE: latencyFile,
    BENCH_PREFETCH: fair ? "1" : String(multiplier),
  };
  const queueNames = () => (fair ? known : ["bench"]);
  const launcher = makeLauncher(env);

  const remaining = async () => {
    const waiting = await Promise.all(queueNames().map((name) => redis().llen(name)));
    // Fetched ahead and not yet given to a process.
    return (await redis().hlen("unacked")) + waiting.reduce((sum, count) => sum + count, 0);
  };

  return {
    name: fair ? "Celery, a queue per organization" : "Celery",
    version: execFileSync(python, ["-c", "import celery; print(celery.__version__)"], {
      encoding: "utf8",
    }).trim(),
    database,
    backlogShare: 0.2,
    settings: `prefork on Redis without persistence; prefetch ${multiplier} a process, results ignored`,
    async setUp(organizations) {
      await postgres.freshDatabase(database, createEffects);
      await redis().flushall();
      known = organizations;
    },
    async launchMany(task, count, organizations = known) {
      await launcher.send({ op: "many", task, organizations, count, fair });
    },
    async launchOne(task, organization) {
      await launcher.send({ op: "many", task, organizations: [organization], count: 1, fair });
    },
    launchOneByOne: (task, seconds, connections) =>
      launcher.send({ op: "loop", task, organizations: known, seconds, connections, fair }),
    startWorkers: (count, concurrency) =>
      spawnWorkers(
        folder,
        count,
        [
          ...([python, "-m", "celery", "--workdir", scripts, "-A", "celery_tasks", "worker"] as const),
          ...["-Q", queueNames().join(","), "-P", "prefork", "-c", String(concurrency), "-l", "ERROR"],
          ...["--without-gossip", "--without-mingle", "--without-heartbeat"],
        ],
        { ...env, C_FORCE_ROOT: "1", PYTHONDONTWRITEBYTECODE: "1", PYTHONWARNINGS: "ignore" },
      ),
    isDrained: async () => (await remaining()) === 0,
    remaining,
    storage: () => redisMemory(redis()),
    async close() {
      launcher.end();
      opened?.disconnect();
      opened = undefined;
    },
  };
}

/** The Python program that launches; it answers each command with how many it launched. */
function makeLauncher(env: Record<string, string>) {
  let program: ChildProcess | undefined;
  const waiting: ((launched: number) => void)[] = [];
  const start = () => {
    const started = spawn(python, [join(scripts, "celery_tasks.py")], {
      env: { ...process.env, ...env, PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    createInterface({ input: started.stdout }).on("line", (line) => {
      waiting.shift()?.((JSON.parse(line) as { launched: number }).launched);
    });
    started.on("exit", () => {
      program = undefined;
    });
    return started;
  };
  return {
    send(command: Command): Promise<number> {
      program ??= start();
      const { promise, resolve } = Promise.withResolvers<number>();
      waiting.push(resolve);
      program.stdin?.write(`${JSON.stringify(command)}\n`);
      return promise;
    },
    end() {
      program?.stdin?.end();
    },
  };
}
