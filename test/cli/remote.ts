import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inherited } from "../helpers/inherited.ts";

const rowlock = join(import.meta.dirname, "../../bin/rowlock.js");

export type Ended = { code: number | null; stdout: string; stderr: string };
export type Started = { ended: Promise<Ended>; signal(name: NodeJS.Signals): void; stderr(): string };

/** Starts a command that talks to the API: it is given an address and a token, and nothing else. */
export function start(args: string[], env: Record<string, string>, cwd?: string): Started {
  const child = spawn(process.execPath, [rowlock, ...args], {
    env: { ...inherited, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const closed = once(child, "close") as Promise<[number | null]>;
  return {
    ended: closed.then(([code]) => ({ code, stdout, stderr })),
    signal: (name) => void child.kill(name),
    stderr: () => stderr,
  };
}

/** A folder that is gone at the end. */
export async function scratch(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "rowlock-cli-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A server of the test's own, on this machine. */
export async function listen(answer: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
