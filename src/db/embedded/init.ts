import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { RowlockError } from "../../sdk/index.ts";
import { exists, type Place } from "./place.ts";
import { isAlive } from "./postmaster.ts";
import { commandFor, ownerOf, type RunAs } from "./run-as.ts";

const run = promisify(execFile);

/**
 * Makes the cluster if there is none. It is made beside its place and moved there whole: a crash in the
 * middle leaves no half cluster, and of two processes that start at once one wins and both go on.
 */
export async function ensureCluster(place: Place, runAs: RunAs, options: { sync: boolean }): Promise<void> {
  if (await exists(join(place.pgdata, "PG_VERSION"))) return;
  await removeLeftovers(place.pgdata);
  const unfinished = `${place.pgdata}.${process.pid}-${randomBytes(4).toString("hex")}.new`;
  await mkdir(unfinished, { mode: 0o700 });
  const owner = ownerOf(runAs);
  if (owner !== undefined) await chown(unfinished, owner, owner);
  const {
    command,
    args,
    options: spawnOptions,
  } = commandFor(runAs, join(place.native, "bin", "initdb"), [
    ...["-D", unfinished, "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--no-instructions"],
    ...["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
    ...(options.sync ? [] : ["--no-sync"]),
  ]);
  try {
    // initdb walks back to its first working folder at the end.
    const { cwd, env, uid, gid } = spawnOptions;
    await run(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    await rename(unfinished, place.pgdata);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (await exists(join(place.pgdata, "PG_VERSION"))) return;
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    const reason = (stderr || String(error)).replaceAll(/\s*\n\s*/g, "; ");
    throw new RowlockError(
      "DATABASE_UNAVAILABLE",
      `The embedded Postgres could not make its data folder ${place.pgdata}: ${reason}. ` +
        "Set ROWLOCK_DATA_DIR to a folder that can be written, or DATABASE_URL to a Postgres 15 to 18.",
      { cause: error },
    );
  }
}

/** Unfinished clusters of processes that died. */
async function removeLeftovers(pgdata: string): Promise<void> {
  const pattern = new RegExp(`^${basename(pgdata)}\\.(\\d+)-\\w+\\.new$`);
  for (const name of await readdir(dirname(pgdata))) {
    const pid = Number(pattern.exec(name)?.[1] ?? Number.NaN);
    if (Number.isInteger(pid) && !(await isAlive(pid))) {
      await rm(join(dirname(pgdata), name), { recursive: true, force: true });
    }
  }
}
