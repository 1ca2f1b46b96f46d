import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { standardChains } from "../../src/db/index.ts";
import { currentRun } from "../../src/testing/database/index.ts";
import { ensureTemplate } from "../../src/testing/database/template.ts";
import { createTestDatabase } from "../../src/testing/index.ts";
import { startScratchPostgres, withClient } from "../helpers/database.ts";
import { double } from "./tasks.ts";

const execute = promisify(execFile);
const oneTask = join(import.meta.dirname, "fixtures/one-task.ts");

async function folderOf(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rowlock-kit-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const notes = `
  create table notes (organization_id uuid not null default rowlock.claimed_organization(),
    id uuid not null default rowlock.uuid7(), text text not null, primary key (organization_id, id));
  select rowlock.protect_table('notes');
  grant select, insert on notes to rowlock_tenant;`;

test("two databases know nothing of each other, their clocks included", async () => {
  await using one = await createTestDatabase({ tasks: [double], evals: false });
  await using other = await createTestDatabase({ tasks: [double], evals: false });
  const ada = await one.organization();
  const { id } = await ada.run(double, { n: 1 });
  await one.clock.set(new Date("2040-01-01"));
  await assert.rejects(other.job(id), { code: "NOT_FOUND" });
  await assert.rejects(other.as(ada.member).launch(double, { n: 1 }), { code: "ORGANIZATION_INACTIVE" });
  assert.ok((await other.clock.now()).getFullYear() < 2040);
});

test("a database has the application's own migrations, under row-level security, and tasks of a folder", async (t) => {
  const sql = await folderOf(t, { "0001_notes.sql": notes });
  const tasks = join(import.meta.dirname, "../worker/fixtures/tasks");
  await using db = await createTestDatabase({ sql, tasks: [tasks, double], evals: false });
  const [ada, eve] = [await db.organization(), await db.organization()];
  await ada.run("note", { text: "by a task" });
  await ada.transaction((tx) => tx.query("insert into app.notes (text) values ('by hand')"));
  const read = async (who: typeof ada) =>
    (await who.transaction((tx) => tx.query<{ text: string }>("select text from app.notes order by text")))
      .rows;
  assert.deepEqual(await read(ada), [{ text: "by a task" }, { text: "by hand" }]);
  assert.deepEqual(await read(eve), []);
  assert.equal((await db.pool("owner").query("select from app.notes")).rowCount, 2);
});

test("a migration that fails is named, and leaves no database", async (t) => {
  const sql = await folderOf(t, { "0001_wrong.sql": "create table here (id unheard_of);" });
  // Other processes make theirs at the same time.
  const prefix = (await currentRun()).newName().replace(/\d+$/, "");
  const mine = async () => (await databases()).filter((name) => name.startsWith(prefix));
  const before = await mine();
  await assert.rejects(createTestDatabase({ sql, tasks: [] }), {
    code: "MIGRATION_FAILED",
    message: /0001_wrong\.sql, line 1: .*unheard_of/,
  });
  assert.deepEqual(await mine(), before);
});

test("there is one template for the same migrations, however many ask at once, and another for others", async (t) => {
  const run = await currentRun();
  const ask = (sql: string) => ensureTemplate(run, standardChains({ ROWLOCK_EVALS: false, SQL_DIR: sql }));
  const files = { "0001_notes.sql": notes };
  const [sql, same] = [await folderOf(t, files), await folderOf(t, files)];
  const more = await folderOf(t, { ...files, "0002_more.sql": "create table more (id int);" });
  const [one, two, three, other] = await Promise.all([ask(sql), ask(sql), ask(same), ask(more)]);
  assert.deepEqual([two, three], [one, one]);
  assert.notEqual(other, one);
  const there = await databases();
  assert.ok(there.includes(one) && there.includes(other));
});

test("databases of processes that died are dropped by the next; those of the living stay", async () => {
  await using mine = await createTestDatabase({ tasks: [], evals: false });
  const template = await ensureTemplate(
    await currentRun(),
    standardChains({ ROWLOCK_EVALS: false, SQL_DIR: "sql" }),
  );
  const run = (how: string) => execute(process.execPath, [oneTask, how], { env: process.env });
  const left = await run("forget").then(({ stdout }) => stdout.trim());
  assert.ok((await databases()).includes(left));
  // It says why it failed and ends, although it neither dropped nor closed anything.
  const failed = await run("throw").catch((error: { code: number; stderr: string }) => error);
  assert.match(failed.stderr, /thrown on purpose/);
  const next = await run("drop").then(({ stdout }) => stdout.trim());
  const now = await databases();
  assert.equal(now.includes(left), false);
  assert.equal(now.includes(next), false);
  assert.ok(now.includes(mine.name));
  assert.ok(now.includes(template), "the others used it too");
});

test("on the server of DATABASE_URL an admin that is no superuser will do", async () => {
  await using server = await startScratchPostgres();
  const url = new URL(server.url);
  await withClient(server.url, async (client) => {
    await client.query("create role boss login createrole createdb; alter database rowlock owner to boss");
  });
  url.username = "boss";
  const env = { ...process.env, DATABASE_URL: url.href };
  const { stdout } = await execute(process.execPath, [oneTask, "drop"], { env });
  const { rows } = await withClient(server.url, (client) =>
    client.query<{ datname: string }>("select datname from pg_database where datname ~ '^rowlock_test'"),
  );
  assert.match(stdout, /^rowlock_test_/);
  assert.deepEqual(
    rows.map(({ datname }) => /^rowlock_test_template_/.test(datname)),
    [true],
  );
});

/** Names of all databases on the server of this run. */
async function databases(): Promise<string[]> {
  const { rows } = await (await currentRun()).admin("select datname from pg_database order by 1");
  return rows.map(({ datname }) => String(datname));
}
