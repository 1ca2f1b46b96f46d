import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Chain, migrate, migrationsOf } from "../../db/index.ts";
import { createLogger } from "../../log.ts";
import { isCompiled, packageRoot, packageVersion } from "../../sdk/index.ts";
import { loginsOf } from "./logins.ts";
import type { Run } from "./run.ts";

const ready = new Map<string, Promise<string>>();

/**
 * The name of a database with all migrations of these chains, to be copied and not used. Made once for all that ask for
 * the same, kept on the server for the next run.
 * @throws RowlockError MIGRATION_FAILED, DATABASE_UNAVAILABLE
 */
export async function ensureTemplate(run: Run, chains: readonly Chain[]): Promise<string> {
  const name = `rowlock_test_template_${await hashOf(chains)}`;
  const made = ready.get(name) ?? make(run, name, chains);
  ready.set(name, made);
  try {
    return await made;
  } catch (error) {
    ready.delete(name);
    throw error;
  }
}

/** It was dropped from under us. */
export function forgetTemplate(name: string): void {
  ready.delete(name);
}

async function make(run: Run, name: string, chains: readonly Chain[]): Promise<string> {
  // One lock for all templates: with one for each, two processes could wait crosswise.
  return await run.alone(async () => {
    if (!(await isThere(run, name))) await makeWhole(run, name, chains);
    await note(run, name);
    return name;
  });
}

/** Under a name of this process first: nobody copies what is half made, and if we die it is a leftover. */
async function makeWhole(run: Run, name: string, chains: readonly Chain[]): Promise<void> {
  const unfinished = run.newName();
  await run.admin(`create database ${unfinished}`);
  try {
    const logins = loginsOf(run.server.adminUrl, unfinished);
    const logger = createLogger({ level: "warn", format: "text" });
    await migrate({ adminUrl: logins.admin, logins, chains, logger });
    await run.admin(`alter database ${unfinished} rename to ${name}`);
  } catch (error) {
    await run.admin(`drop database if exists ${unfinished}`);
    // One that came to the server by another database, where our lock is not seen, may have been faster.
    if (!(await isThere(run, name))) throw error;
  }
}

async function isThere(run: Run, name: string): Promise<boolean> {
  return (await run.admin(`select from pg_database where datname = '${name}'`)).rows.length > 0;
}

/** For whoever looks for leftovers. */
async function note(run: Run, name: string): Promise<void> {
  const { rows } = await run.admin("select now()::text as now");
  const text = `Template for tests of Rowlock, used at ${rows[0]?.now}`;
  await run.admin(`comment on database ${name} is '${text}'`);
}

/** Of everything that decides what is in the database. */
async function hashOf(chains: readonly Chain[]): Promise<string> {
  const files: { name: string; path: string }[] = [];
  for (const chain of chains) {
    for (const name of await migrationsOf(chain)) {
      files.push({ name: `${chain.name}/${name}`, path: join(chain.dir, `${name}.sql`) });
    }
  }
  // Roles, schemas and grants are made by code, which changes between versions only in the repository.
  const code = join(packageRoot, "src/db/migrate");
  if (!isCompiled) for (const name of await readdir(code)) files.push({ name, path: join(code, name) });
  const texts = await Promise.all(files.map(({ path }) => readFile(path)));
  const hash = createHash("sha256").update(packageVersion);
  for (const [index, { name }] of files.entries()) hash.update(`\n${name}\n`).update(texts[index] ?? "");
  return hash.digest("hex").slice(0, 16);
}
