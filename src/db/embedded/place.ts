import { createHash } from "node:crypto";
import { access, chmod, chown, cp, lstat, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { RowlockError } from "../../sdk/index.ts";
import { ownerOf, type RunAs } from "./run-as.ts";

/** Where one embedded Postgres lives. */
export type Place = {
  /** Binaries: `bin/`, `lib/`, `share/`. */
  native: string;
  /** The cluster's own folder. */
  pgdata: string;
  /** Folder of the socket, entered by its owner only: the server trusts whoever reaches it. */
  socketDir: string;
  logFile: string;
  /** Holds the pid of the process that answers for stopping the server. */
  ownerFile: string;
};

/** sun_path holds 108 bytes, the last a zero. */
const longestSocketPath = 107;

/**
 * Decides where things lie and makes the folders.
 * @throws RowlockError DATABASE_UNAVAILABLE when they cannot be made
 */
export async function preparePlace(dataDir: string, native: string, runAs: RunAs): Promise<Place> {
  try {
    return await place(dataDir, native, runAs);
  } catch (error) {
    if (error instanceof RowlockError || !(error instanceof Error)) throw error;
    throw new RowlockError(
      "DATABASE_UNAVAILABLE",
      `The embedded Postgres cannot use the folder ${dataDir}: ${error.message}. ` +
        "Set ROWLOCK_DATA_DIR to a folder that can be written, or DATABASE_URL to a Postgres 15 to 18.",
      { cause: error },
    );
  }
}

async function place(dataDir: string, native: string, runAs: RunAs): Promise<Place> {
  const base = await chooseBase(resolve(dataDir), runAs);
  return {
    native: runAs === "nobody" ? await readableBinaries(native) : native,
    pgdata: join(base, "pgdata"),
    socketDir: await prepareSocketDir(base, runAs),
    logFile: join(base, "postgres.log"),
    ownerFile: join(base, "postgres.owner"),
  };
}

/** The real nobody often cannot enter the project's folder; then the data goes below /var/lib. */
async function chooseBase(dataDir: string, runAs: RunAs): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const base =
    runAs !== "nobody" || (await anyoneMayEnter(dataDir)) ? dataDir : join("/var/lib/rowlock", hash(dataDir));
  if (base !== dataDir) await mkdirForAnyone(base);
  return base;
}

async function readableBinaries(native: string): Promise<string> {
  if (await anyoneMayEnter(native)) return native;
  const copy = join("/var/lib/rowlock", `postgres-${hash(native)}`);
  if (await exists(copy)) return copy;
  await mkdirForAnyone(dirname(copy));
  const unfinished = `${copy}.${process.pid}`;
  await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
  await rename(unfinished, copy).catch(async (error: unknown) => {
    await rm(unfinished, { recursive: true, force: true });
    if (!(await exists(copy))) throw error;
  });
  return copy;
}

async function prepareSocketDir(base: string, runAs: RunAs): Promise<string> {
  const candidates = [
    join(base, "socket"),
    join(tmpdir(), `rowlock-${hash(base)}`),
    join("/tmp", `rowlock-${hash(base)}`),
  ];
  const dir = candidates.find((path) => Buffer.byteLength(join(path, ".s.PGSQL.5432")) <= longestSocketPath);
  if (dir === undefined)
    throw new RowlockError("INTERNAL", "No folder has a path short enough for a socket.");
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const owner = ownerOf(runAs);
  if (owner !== undefined && process.getuid?.() === 0) await chown(dir, owner, owner);
  // In a shared temporary folder somebody else may have been there first.
  const found = await lstat(dir);
  if (!found.isDirectory() || found.uid !== (owner ?? process.getuid?.())) {
    throw new RowlockError(
      "DATABASE_UNAVAILABLE",
      `The folder ${dir} belongs to somebody else. Remove it, or set ROWLOCK_DATA_DIR to a shorter path.`,
    );
  }
  await chmod(dir, 0o700);
  return dir;
}

/** Gives a tree made in another way of running to the user that must own it now. */
export async function giveTo(path: string, runAs: RunAs): Promise<void> {
  const owner = ownerOf(runAs);
  if (owner === undefined || (await stat(path)).uid === owner) return;
  for (const entry of await readdir(path, { recursive: true })) {
    await chown(join(path, entry), owner, owner).catch(() => undefined);
  }
  await chown(path, owner, owner);
}

/** Below /var/lib; a strict umask must not shut nobody out. */
async function mkdirForAnyone(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  for (const dir of [dirname(path), path]) {
    if (dir.startsWith("/var/lib/rowlock")) await chmod(dir, 0o755);
  }
}

async function anyoneMayEnter(path: string): Promise<boolean> {
  for (let dir = path; ; dir = dirname(dir)) {
    if (((await stat(dir)).mode & 0o001) === 0) return false;
    if (dir === dirname(dir)) return true;
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
