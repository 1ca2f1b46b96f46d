import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { type Embedded, type EmbeddedOptions, startEmbedded } from "../../src/db/index.ts";
import { withClient } from "../helpers/database.ts";
import { testSettings } from "../helpers/postgres.ts";

const fixture = join(import.meta.dirname, "fixtures", "start-embedded.ts");

/** A temporary folder, removed when what `start` started in it has been stopped. */
async function dataFolder(t: TestContext, name = ""): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "rowlock-embedded-"));
  t.after(async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
    await rm(root, { recursive: true, force: true });
  });
  return join(root, name);
}

const started: Embedded[] = [];

async function start(dataDir: string, more: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const server = await startEmbedded({ dataDir, settings: testSettings, ...more });
  started.push(server);
  return server;
}

async function startInProcess(dataDir: string, ...args: string[]) {
  const child = spawn(process.execPath, [fixture, dataDir, ...args], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, got: JSON.parse(String(line)) as { pid: number; reused: boolean; url: string } };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** Asked by connecting: the dead may stay as zombies where nobody collects them. */
async function answers(server: { url: string }): Promise<boolean> {
  return withClient(server.url, (client) => client.query("select 1")).then(
    () => true,
    () => false,
  );
}

test("starts with a UTF-8 database rowlock, reached by its socket only", async (t) => {
  const server = await start(await dataFolder(t));
  assert.equal(server.reused, false);
  await withClient(server.url, async (client) => {
    const { rows } = await client.query(
      `select current_database() as name, datlocprovider as provider, pg_encoding_to_char(encoding) as encoding,
              current_setting('listen_addresses') as listen, inet_server_addr() as address,
              current_setting('unix_socket_permissions') as permissions, current_setting('fsync') as fsync
       from pg_database where datname = current_database()`,
    );
    assert.deepEqual(rows[0], {
      ...{ name: "rowlock", provider: "b", encoding: "UTF8", listen: "", address: null },
      ...{ permissions: "0700", fsync: "off" },
    });
  });
  await server.stop();
  assert.equal(await answers(server), false);
});

test("a second start takes the living server, and only the first one's stop ends it", async (t) => {
  const dataDir = await dataFolder(t);
  const first = await start(dataDir);
  const second = await start(dataDir);
  assert.deepEqual(
    { pid: second.pid, reused: second.reused, url: second.url },
    { pid: first.pid, reused: true, url: first.url },
  );
  await second.stop();
  assert.equal(await answers(first), true);
  await first.stop();
  assert.equal(await answers(first), false);
});

test("recovers after kill -9 of the server with its data", async (t) => {
  const dataDir = await dataFolder(t);
  const first = await start(dataDir);
  await withClient(first.url, (client) => client.query("create table kept as select 42 as answer"));
  process.kill(first.pid, "SIGKILL");
  const second = await start(dataDir);
  assert.notEqual(second.pid, first.pid);
  const { rows } = await withClient(second.url, (client) => client.query("select answer from kept"));
  assert.deepEqual(rows, [{ answer: 42 }]);
});

test("three processes that start at once on an empty folder share one server", async (t) => {
  const dataDir = await dataFolder(t);
  const started = await Promise.all([1, 2, 3].map(() => startInProcess(dataDir)));
  await Promise.all(started.map(({ child }) => ended(child)));
  const last = await start(dataDir);
  assert.deepEqual(new Set(started.map(({ got }) => got.pid)), new Set([last.pid]));
  assert.equal(started.filter(({ got }) => !got.reused).length, 1);
  const left = (await readdir(dataDir)).filter((name) => name.endsWith(".new"));
  assert.deepEqual(left, []);
});

test("Ctrl-C for the whole process group leaves the server running; the next start takes it over", async (t) => {
  const dataDir = await dataFolder(t);
  const { child, got } = await startInProcess(dataDir, "stay");
  assert.ok(child.pid !== undefined);
  process.kill(-child.pid, "SIGINT");
  await ended(child);
  assert.equal(child.signalCode, "SIGINT");
  await withClient(got.url, (client) => client.query("select 1"));

  const next = await start(dataDir);
  assert.deepEqual({ pid: next.pid, reused: next.reused }, { pid: got.pid, reused: true });
  await next.stop();
  assert.equal(await answers(got), false);
});

test("a pid file whose number belongs to another program is not believed", async (t) => {
  const dataDir = await dataFolder(t);
  const first = await start(dataDir);
  await first.stop();
  const lines = [process.pid, join(dataDir, "pgdata"), 1, 5432, join(dataDir, "socket"), "", "1 1", "ready"];
  await writeFile(join(dataDir, "pgdata", "postmaster.pid"), `${lines.join("\n")}\n`, { mode: 0o600 });
  const second = await start(dataDir);
  assert.equal(second.reused, false);
});

test("a folder with a path too long for a socket works", async (t) => {
  const server = await start(await dataFolder(t, `${"deep".repeat(12)}/${"er, and wider".repeat(6)}`));
  await withClient(server.url, (client) => client.query("select 1"));
  const socketDir = new URL(server.url).searchParams.get("host") ?? "";
  assert.ok(Buffer.byteLength(socketDir) < 95);
  t.after(() => rm(socketDir, { recursive: true, force: true }));
});

test("root where user namespaces are forbidden runs it as nobody, and can go back", {
  skip: process.getuid?.() === 0 ? false : "needs root",
}, async (t) => {
  const dataDir = await dataFolder(t);
  await chmod(dataDir, 0o755);
  const asNobody = await start(dataDir, { runAs: "nobody" });
  await withClient(asNobody.url, (client) => client.query("create table kept as select 42 as answer"));
  await asNobody.stop();
  const again = await start(dataDir);
  await withClient(again.url, (client) => client.query("select answer from kept"));
});

test("a folder that cannot be one is named", async (t) => {
  const dataDir = await dataFolder(t, "file");
  await writeFile(dataDir, "");
  await assert.rejects(startEmbedded({ dataDir }), (error: Error & { code?: string }) => {
    assert.equal(error.code, "DATABASE_UNAVAILABLE");
    assert.match(error.message, /cannot use the folder .*file: .*EEXIST.* ROWLOCK_DATA_DIR/);
    return true;
  });
});

test("a server that refuses to start is quoted", async (t) => {
  const dataDir = await dataFolder(t);
  await assert.rejects(
    startEmbedded({ dataDir, settings: { ...testSettings, max_connections: "many" } }),
    /did not start: .*max_connections.*many/,
  );
});
