import { type ChildProcess, spawn } from "node:child_process";
import { open, readFile, rm, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isInfrastructureError, RowlockError } from "../../sdk/index.ts";
import { findBinaries } from "./binaries.ts";
import { ensureDatabase } from "./ensure-database.ts";
import { ensureCluster } from "./init.ts";
import { giveTo, type Place, preparePlace } from "./place.ts";
import { isAlive, pidFile, readPostmaster } from "./postmaster.ts";
import { chooseRunAs, commandFor, type RunAs } from "./run-as.ts";
import { stopPostmaster } from "./stop.ts";

export type EmbeddedOptions = {
  /** Folder of everything the server keeps; made if missing. */
  dataDir: string;
  /** Server settings (`postgres -c`), used when this call starts the server. */
  settings?: Record<string, string>;
  /** Forces a way of running; for tests. */
  runAs?: RunAs;
};

export type Embedded = {
  /** Superuser, database `rowlock`. */
  url: string;
  /** Process id of the postmaster. */
  pid: number;
  /** A living server was found and taken. */
  reused: boolean;
  /** Stops the server if this process started it, or took it over from one that died; else does nothing. */
  stop(): Promise<void>;
};

const startMs = 60_000;
const mostAttempts = 20;
const largestLogBytes = 20_000_000;

/**
 * Starts a real Postgres in `dataDir`, or takes the one that already runs there. Reached by a socket only.
 * It runs in a session of its own: Ctrl-C reaches us and not the server, which is stopped when the workers
 * have drained. Two processes may call this at the same moment: the server's own pid file lets one win.
 * @throws RowlockError DATABASE_UNAVAILABLE with what the server's log says
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const runAs = options.runAs ?? (await chooseRunAs());
  const place = await preparePlace(options.dataDir, await findBinaries(), runAs);
  await ensureCluster(place, runAs, { sync: options.settings?.fsync !== "off" });

  const url = `postgres://postgres@localhost:5432/rowlock?host=${encodeURIComponent(place.socketDir)}`;
  for (let attempt = 1; ; attempt += 1) {
    const { pid, reused } = await reachReady(place, runAs, options.settings ?? {});
    try {
      await ensureDatabase(url);
    } catch (error) {
      // One killed this very moment still has its number and its pid file, and answers no more.
      if (attempt >= mostAttempts || !isInfrastructureError(error)) throw error;
      await sleep(50);
      continue;
    }
    const owned = !reused || (await ownerDied(place));
    if (owned) await writeFile(place.ownerFile, String(process.pid));
    return { url, pid, reused, stop: () => (owned ? stopPostmaster(place.pgdata, pid) : Promise.resolve()) };
  }
}

async function reachReady(
  place: Place,
  runAs: RunAs,
  settings: Record<string, string>,
): Promise<{ pid: number; reused: boolean }> {
  const deadline = Date.now() + startMs;
  let child: ChildProcess | undefined;
  let failures = 0;
  while (Date.now() < deadline) {
    const found = await readPostmaster(place.pgdata);
    if (found.state === "ready") return { pid: found.pid, reused: found.pid !== child?.pid };
    if (child !== undefined && hasEnded(child)) {
      child = undefined;
      failures += 1;
      if (failures >= ((await isPassing(place.logFile)) ? 60 : 3)) break;
      await sleep(250);
    } else if (child === undefined && (found.state === "none" || found.state === "stale")) {
      // Postgres itself only asks whether the number is taken, by whatever program.
      if (found.state === "stale") await unlink(pidFile(place.pgdata)).catch(() => undefined);
      child = await launch(place, runAs, settings);
    }
    await sleep(15);
  }
  if (child?.pid !== undefined && !hasEnded(child)) child.kill("SIGINT");
  throw new RowlockError(
    "DATABASE_UNAVAILABLE",
    `The embedded Postgres did not start: ${await lastComplaint(place.logFile)} ` +
      `See ${place.logFile}, or set DATABASE_URL to a Postgres 15 to 18.`,
  );
}

async function launch(place: Place, runAs: RunAs, settings: Record<string, string>): Promise<ChildProcess> {
  await giveTo(place.pgdata, runAs);
  const all: Record<string, string> = {
    listen_addresses: "",
    port: "5432",
    // A list in which only quotes keep a comma of the path from splitting it.
    unix_socket_directories: `"${place.socketDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    log_line_prefix: "%m [%p] %q%u@%d ",
    ...settings,
  };
  const { command, args, options } = commandFor(runAs, join(place.native, "bin", "postgres"), [
    "-D",
    place.pgdata,
    ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ]);
  const size = await stat(place.logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > largestLogBytes) await rm(place.logFile, { force: true });
  const log = await open(place.logFile, "a");
  try {
    const child = spawn(command, args, {
      ...options,
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    child.on("error", () => undefined);
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function ownerDied(place: Place): Promise<boolean> {
  const pid = Number(await readFile(place.ownerFile, "utf8").catch(() => ""));
  return pid > 0 && !(await isAlive(pid));
}

/** Another process was faster, or processes of a killed server still hold its memory: worth another try. */
async function isPassing(logFile: string): Promise<boolean> {
  return /lock file|shared memory|in use/.test(await lastComplaint(logFile));
}

async function lastComplaint(logFile: string): Promise<string> {
  const log = await readFile(logFile, "utf8").catch(() => "");
  const lines = log.trim().split("\n");
  const complaint = lines.findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? lines.at(-1) ?? "";
  return complaint === "" ? "it left no message." : `"${complaint.trim()}".`;
}
