import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chown, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withClient } from "../../helpers/database.ts";

const home = "/usr/lib/postgresql";

export type DebianPostgres = AsyncDisposable & { version: string; url: string };

/** The Postgres that Debian ships, as a server of the test's own: TCP, passwords, default settings. Undefined where there is none. */
export async function startDebianPostgres(): Promise<DebianPostgres | undefined> {
  const version = existsSync(home) ? (await readdir(home)).sort().at(-1) : undefined;
  if (version === undefined || process.getuid?.() !== 0) return undefined;
  const bin = join(home, version, "bin");
  const folder = await mkdtemp(join(tmpdir(), "rowlock-debian-"));
  const [uid, gid] = ["-u", "-g"].map((flag) =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" })),
  );
  if (uid === undefined || gid === undefined) return undefined;
  await chown(folder, uid, gid);
  const password = "not a secret: a test's";
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, password);
  await chown(passwordFile, uid, gid);
  const data = join(folder, "data");
  execFileSync(
    join(bin, "initdb"),
    ["-D", data, "-A", "scram-sha-256", "-U", "postgres", `--pwfile=${passwordFile}`],
    {
      uid,
      gid,
      cwd: folder,
      stdio: "ignore",
    },
  );
  const port = await freePort();
  const server = spawn(
    join(bin, "postgres"),
    [
      "-D",
      data,
      "-p",
      String(port),
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      `unix_socket_directories=${folder}`,
    ],
    { uid, gid, cwd: folder, stdio: "ignore" },
  );
  const url = `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  await untilItAnswers(url);
  return {
    version,
    url,
    async [Symbol.asyncDispose]() {
      server.kill("SIGINT");
      await once(server, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilItAnswers(url: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await withClient(url, (client) => client.query("select 1"));
      return;
    } catch (error) {
      if (attempt > 100) throw error;
      await sleep(100);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
