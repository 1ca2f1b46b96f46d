import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { inherited } from "../helpers/inherited.ts";

const root = join(import.meta.dirname, "../..");
const keptLines = 1_000;
const longestStartMs = 60_000;
const longestEndMs = 10_000;
const startAgainMs = 300;

/** A command of ours that is started again whenever it ends, as a process manager does. */
export type Service = {
  name: string;
  /** Its latest lines, of all its lives. */
  lines: string[];
  /** Settles when this life of it, or a later one, is ready for work; rejects when that takes too long. */
  ready(): Promise<void>;
  /** SIGKILL; it is started again after `pauseMs`. Settles when it is dead. */
  kill(pauseMs: number): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Sets its clock off, until it is killed. */
  setClockOff(ms: number): void;
  /** How it ended by itself after it had been ready, which it never should. */
  ownEnds: string[];
  stop(): Promise<void>;
};

export function startService(
  name: string,
  command: "worker" | "api",
  env: Record<string, string>,
  readyLine: RegExp,
): Service {
  const lines: string[] = [];
  const ownEnds: string[] = [];
  let child: ChildProcess;
  let ready = Promise.withResolvers<void>();
  let isReady = false;
  let killed = false;
  let pauseMs = startAgainMs;
  const stopping = new AbortController();

  const live = () => {
    killed = false;
    isReady = false;
    pauseMs = startAgainMs;
    const preload = ["--import", join(import.meta.dirname, "child.ts")];
    const mine = spawn(process.execPath, [...preload, "bin/rowlock.js", command], {
      cwd: root,
      env: { ...inherited, HOME: process.env.HOME, ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    child = mine;
    mine.on("error", (error) => lines.push(`${error}`));
    for (const stream of [mine.stdout, mine.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        if (lines.length > keptLines) lines.shift();
        if (child !== mine || isReady || !readyLine.test(line)) return;
        isReady = true;
        ready.resolve();
      });
    }
    mine.once("exit", (code, signal) => {
      if (stopping.signal.aborted) return;
      if (isReady && !killed) ownEnds.push(`${name} ended by itself with ${code ?? signal}`);
      if (isReady) ready = Promise.withResolvers();
      const again = sleep(pauseMs, undefined, { signal: stopping.signal });
      again.then(live, () => undefined);
    });
    return mine;
  };
  child = live();

  const ended = async (process: ChildProcess) => {
    if (process.exitCode === null && process.signalCode === null) await once(process, "exit");
  };
  return {
    name,
    lines,
    ownEnds,
    async ready() {
      const late = sleep(longestStartMs, undefined, { ref: false }).then(() => {
        throw new Error(`${name} is not ready after ${longestStartMs} ms:\n${lines.slice(-20).join("\n")}`);
      });
      await Promise.race([ready.promise, late]);
    },
    async kill(ms) {
      const mine = child;
      killed = true;
      pauseMs = ms;
      mine.kill("SIGKILL");
      await ended(mine);
    },
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    setClockOff: (offMs) => void child.send({ offMs }),
    async stop() {
      stopping.abort();
      const mine = child;
      mine.kill("SIGCONT");
      mine.kill("SIGTERM");
      const late = setTimeout(() => mine.kill("SIGKILL"), longestEndMs);
      await ended(mine);
      clearTimeout(late);
    },
  };
}
