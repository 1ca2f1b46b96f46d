import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { type Chain, createPool, type Logins, loginRoles } from "../../db/index.ts";
import { createLogger, type Logger } from "../../log.ts";
import { RowlockError, sqlstateOf } from "../../sdk/index.ts";
import { loginsOf } from "./logins.ts";
import { currentRun, type Run } from "./run.ts";
import { ensureTemplate, forgetTemplate } from "./template.ts";

/** The logins, and rowlock_owner, who sees the rows of all organizations. */
export type PoolName = keyof Logins | "owner";

/** A database and the connections to it. */
export type Database = {
  name: string;
  /** A URL for each login. */
  urls: Logins;
  logger: Logger;
  /** The pool of a login, made at its first use. */
  pool(name: PoolName): pg.Pool;
  /** Closes the pools and drops the database, whoever is connected. */
  drop(): Promise<void>;
};

/** @param chains migrations that the database has; undefined: nothing of ours is in it */
export async function makeDatabase(chains: readonly Chain[] | undefined): Promise<Database> {
  const run = await currentRun();
  const name = run.newName();
  if (chains === undefined) await run.admin(`create database ${name}`);
  else await copyTemplate(run, name, chains);
  return connectTo(run, name);
}

async function copyTemplate(run: Run, name: string, chains: readonly Chain[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const template = await ensureTemplate(run, chains);
    try {
      // A copy of files waits for a checkpoint: nothing where nothing waits for the disk, much on a busy server.
      const how = run.server.embedded ? "strategy file_copy" : "";
      await run.admin(`create database ${name} template ${template} ${how}`);
      break;
    } catch (error) {
      // Somebody took it for a leftover at this very moment.
      if (sqlstateOf(error) !== "3D000" || attempt === 3) throw error;
      forgetTemplate(template);
    }
  }
  // Rights on a database do not come with its template.
  const logins = Object.values(loginRoles).join(", ");
  await run.admin(
    `grant connect on database ${name} to ${logins}; revoke temporary on database ${name} from public`,
  );
}

function connectTo(run: Run, name: string): Database {
  const urls = loginsOf(run.server.adminUrl, name);
  const logger = createLogger({ level: "error", format: "text" });
  const pools = new Map<PoolName, pg.Pool>();
  const pool = (login: PoolName) => {
    const made = pools.get(login);
    if (made !== undefined) return made;
    const whose = login === "owner" ? { url: urls.admin, role: "rowlock_owner" } : { url: urls[login] };
    const fresh = createPool({ ...whose, max: 5, name: `test ${login}`, logger, exitOnIdle: true });
    pools.set(login, fresh);
    return fresh;
  };
  let dropped: Promise<void> | undefined;
  const drop = async () => {
    // A test that failed may not have given its client back; it must not hold the run.
    await Promise.race([
      Promise.all([...pools.values()].map((each) => each.end())),
      sleep(2_000, undefined, { ref: false }),
    ]);
    await run.admin(`drop database if exists ${name} with (force)`).catch((error: unknown) => {
      // To end others' sessions takes a superuser; ours are about to end by themselves.
      if (!(error instanceof RowlockError)) throw error;
      return run.admin(`drop database if exists ${name}`);
    });
  };
  return { name, urls, logger, pool, drop: () => (dropped ??= drop()) };
}
