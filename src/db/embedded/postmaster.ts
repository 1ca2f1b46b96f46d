import { execFile } from "node:child_process";
import { readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What `postmaster.pid` says, already checked against the living processes. */
export type Postmaster =
  | { state: "none" }
  /** A pid file left behind: its process is gone, or its number belongs to another program now. */
  | { state: "stale" }
  | { state: "starting" | "ready" | "stopping"; pid: number };

export async function readPostmaster(pgdata: string): Promise<Postmaster> {
  const text = await readFile(pidFile(pgdata), "utf8").catch(() => undefined);
  if (text === undefined) return { state: "none" };
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  // An empty file is one being written this moment.
  if (!Number.isInteger(pid) || pid <= 0) return { state: "none" };
  if (!(await isPostmasterOf(pgdata, pid))) return { state: "stale" };
  const status = lines[7]?.trim();
  if (status === "ready" || status === "stopping") return { state: status, pid };
  return { state: "starting", pid };
}

export function pidFile(pgdata: string): string {
  return join(pgdata, "postmaster.pid");
}

/** Process numbers come again after a restart of the machine or container, so more is looked at. */
async function isPostmasterOf(pgdata: string, pid: number): Promise<boolean> {
  if (!(await isAlive(pid))) return false;
  if (process.platform === "linux") {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!command.includes("postgres")) return false;
    // A postmaster works in its data folder, and the link follows when the folder is moved.
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    return cwd === undefined || cwd === (await realpath(pgdata));
  }
  return run("ps", ["-o", "command=", "-p", String(pid)]).then(
    ({ stdout }) => stdout.includes("postgres"),
    () => false,
  );
}

/** Whether a process of this number runs. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  if (process.platform !== "linux") return true;
  // A zombie answers to signals and is dead all the same; its command line is empty.
  return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")) !== "";
}
