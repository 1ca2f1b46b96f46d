import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { migrate, standardChains } from "../../src/db/index.ts";
import { syncCatalogue } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { loadTasks } from "../../src/worker/index.ts";
import { createTestDatabase, type TestDatabase, testLogger, withClient } from "../helpers/database.ts";
import { makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { type Block, placeOf, repository } from "./pages.ts";

const execute = promisify(execFile);
const secret = "a secret of the tests of the pages";

/** Somebody who does what a page says, in a folder and a migrated database of their own. */
export type Reader = AsyncDisposable & {
  db: TestDatabase;
  folder: string;
  organization: TestOrganization;
  /** Environment of the commands. */
  env: Record<string, string>;
  /** Does what a block says; see docs.test.ts for the marks. @returns what a command wrote, "" for other blocks */
  follow(block: Block): Promise<string>;
  /** Loads a file that the page wrote. */
  load<Module>(file: string): Promise<Module>;
};

export async function newReader(): Promise<Reader> {
  const db = await createTestDatabase();
  const scratch = await mkdtemp(join(tmpdir(), "rowlock-docs-"));
  const folder = join(scratch, "app");
  await installRowlock(scratch, folder);
  const organization = await makeOrganization(db);
  const env = {
    DATABASE_URL: db.urls.admin,
    API_DATABASE_URL: db.urls.api,
    JWT_SECRET: secret,
    ORGANIZATION: organization.organizationId,
    USER_ID: organization.userId,
  };
  const remove = async () => {
    await db.drop();
    await rm(scratch, { recursive: true, force: true });
  };
  return {
    db,
    folder,
    organization,
    env,
    load: async (file) => await import(pathToFileURL(join(folder, file)).href),
    async follow(block) {
      const file = block.marks.get("file");
      if (file !== undefined) await write(join(folder, file), block.text);
      if (block.language === "sql") await runSql(block, db, folder, organization);
      if (block.language === "ts" && file?.startsWith("tasks/")) {
        await syncCatalogue(db.pool("task"), (await loadTasks([join(folder, "tasks")])).values());
      }
      return block.language === "sh" ? await runCommand(block, folder, { ...process.env, ...env }) : "";
    },
    [Symbol.asyncDispose]: remove,
  };
}

/** As `npm install rowlock` would, but the package is this repository's sources. */
async function installRowlock(scratch: string, folder: string): Promise<void> {
  const shim = join(folder, "node_modules/rowlock");
  const source = (path: string) => pathToFileURL(join(repository, "src", path)).href;
  const face = (path: string) => `export * from ${JSON.stringify(source(path))};\n`;
  const faces = {
    ".": "./index.js",
    "./worker": "./worker.js",
    "./api": "./api.js",
    "./client": "./client.js",
    "./testing": "./testing.js",
  };
  const manifest = { name: "rowlock", type: "module", exports: faces };
  await write(join(shim, "package.json"), JSON.stringify(manifest));
  await write(join(shim, "index.js"), face("index.ts"));
  await write(join(shim, "worker.js"), face("worker/index.ts"));
  await write(join(shim, "api.js"), face("api/index.ts"));
  await write(join(shim, "client.js"), face("client/index.ts"));
  await write(join(shim, "testing.js"), face("testing/index.ts"));
  await write(join(folder, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  // Everything else is found one folder further up.
  await symlink(join(repository, "node_modules"), join(scratch, "node_modules"), "dir");
}

/** `npx` finds the command in the folder's own packages; here it is called directly, which is quicker. */
async function runCommand(block: Block, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const [node, rowlock] = [process.execPath, join(repository, "bin/rowlock.js")].map((path) =>
    JSON.stringify(path),
  );
  const npx = `npx() { case "$1" in rowlock) shift; ${node} ${rowlock} "$@";; node) shift; ${node} "$@";; *) false;; esac; }`;
  const script = `set -euo pipefail\n${npx}\n${block.text}`;
  // By it Node's test runner would know that it is one of ours, and run nothing.
  const { NODE_TEST_CONTEXT: _, ...rest } = env;
  const ran = execute("bash", ["-c", script], { cwd, env: rest, timeout: 30_000 });
  const { stdout } = await ran.catch((error: Error & { stdout?: string }) => {
    throw new Error(`${placeOf(block)} fails: ${error.message}\n${error.stdout}`, { cause: error });
  });
  return stdout;
}

async function runSql(
  block: Block,
  db: TestDatabase,
  folder: string,
  { member }: TestOrganization,
): Promise<void> {
  const as = block.marks.get("as");
  if (as === "admin") {
    await withClient(db.urls.admin, (client) => client.query(block.text));
  } else if (as === "tenant") {
    await withTenant(db.pool("api"), member, (tx) => tx.query(block.text));
  } else {
    assert.match(block.marks.get("file") ?? "", /^sql\//, `${placeOf(block)} says neither file= nor as=`);
    const chains = standardChains({ ROWLOCK_EVALS: true, SQL_DIR: join(folder, "sql") });
    const { applied } = await migrate({
      adminUrl: db.urls.admin,
      logins: db.urls,
      chains,
      logger: testLogger,
    });
    assert.equal(applied.length, 1, `${placeOf(block)} was not applied`);
  }
}

async function write(path: string, text: string): Promise<void> {
  if (!existsSync(dirname(path))) await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
