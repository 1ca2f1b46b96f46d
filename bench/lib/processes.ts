import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Workers } from "../peers/peer.ts";

const firstJobMs = 60_000;

/** Groups that are still alive, so that an interrupted bench leaves nothing behind. */
const alive = new Set<number>();

export function killAll(): void {
  for (const pid of alive) killGroup(pid);
}

/** Starts the same program several times, each in a process group of its own. */
export async function spawnWorkers(
  folder: string,
  count: number,
  [command, ...args]: readonly [string, ...string[]],
  env: Record<string, string>,
): Promise<Workers> {
  const marks = await mkdtemp(join(folder, "starts-"));
  const children = Array.from({ length: count }, (_, index) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env, BENCH_STARTS_FILE: join(marks, String(index)) },
      stdio: ["ignore", "ignore", "inherit"],
      detached: true,
    });
    if (child.pid !== undefined) alive.add(child.pid);
    return child;
  });
  return {
    pids: children.flatMap((child) => child.pid ?? []),
    async started() {
      await Promise.all(children.map((child, index) => firstMark(child, join(marks, String(index)))));
    },
    signal(name) {
      for (const { pid } of children) if (pid !== undefined) process.kill(-pid, name);
    },
    async stop() {
      await Promise.all(children.map(endGroup));
    },
  };
}

/** Handlers mark their process' first job. */
async function firstMark(child: ChildProcess, file: string): Promise<void> {
  for (const deadline = Date.now() + firstJobMs; Date.now() < deadline; await sleep(10)) {
    if (existsSync(file)) return;
    if (child.exitCode !== null)
      throw new Error(`A worker ended with ${child.exitCode} before its first job.`);
  }
  throw new Error("A worker began no job within a minute.");
}

async function endGroup(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const gone = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
  killGroup(pid);
  await gone;
  alive.delete(pid);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

/**
 * Memory of process groups in bytes: proportional set sizes, in which what a prefork worker shares is counted once.
 * Zero where the system does not tell.
 */
export async function memoryOf(groups: readonly number[]): Promise<number> {
  let total = 0;
  for (const entry of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    // After the name in parentheses: state, parent, group.
    const group = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
    if (!groups.includes(group)) continue;
    const rollup = await readFile(`/proc/${entry}/smaps_rollup`, "utf8").catch(() => "");
    total += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  }
  return total;
}
