/** The embedded server that test processes share, seen from outside: in a temporary folder that nobody else uses. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { isAlive } from "../../src/db/index.ts";
import { until } from "../helpers/jobs.ts";

const execute = promisify(execFile);
const oneTask = join(import.meta.dirname, "fixtures/one-task.ts");

async function elsewhere(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "rowlock-h-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { DATABASE_URL: _, ...rest } = process.env;
  const env = { ...rest, TMPDIR: folder };
  const start = (how: string): ChildProcess =>
    spawn(process.execPath, [oneTask, how], { env, stdio: "pipe" });
  return {
    list: () => readdir(folder),
    run: (how: string) => execute(process.execPath, [oneTask, how], { env }),
    /** Runs on; settles when it has done its work. */
    async startWaiting() {
      const child = start("wait");
      t.after(() => child.kill("SIGKILL"));
      await once(child.stdout ?? child, "data");
      return child;
    },
    /** Process ids of the Postgres servers, by the folders that hosts have made. */
    async servers(): Promise<number[]> {
      const [place] = (await readdir(folder)).filter((name) => name.startsWith("rowlock-testing-"));
      const hosts = place === undefined ? [] : await readdir(join(folder, place));
      const files = hosts
        .filter((name) => /^\d+-/.test(name))
        .map((name) => readFile(join(folder, place ?? "", name, "pgdata/postmaster.pid"), "utf8"));
      const found = await Promise.allSettled(files);
      return found.flatMap((file) => (file.status === "fulfilled" ? [Number.parseInt(file.value, 10)] : []));
    },
    /** Process ids of the hosts. */
    async hosts(): Promise<number[]> {
      const [place = ""] = (await readdir(folder)).filter((name) => name.startsWith("rowlock-testing-"));
      return (await readdir(join(folder, place)).catch(() => [])).flatMap((name) => {
        const pid = Number(/^(\d+)-/.exec(name)?.[1]);
        return Number.isInteger(pid) ? [pid] : [];
      });
    },
  };
}

test("test processes share a server, which is gone soon after the last of them, however they or its host ended", async (t) => {
  const { run, startWaiting, servers, hosts, list } = await elsewhere(t);
  const [first] = await Promise.all([startWaiting(), run("drop")]);
  const [[host = 0], [server = 0]] = [await hosts(), await servers()];
  assert.deepEqual([(await hosts()).length, (await servers()).length], [1, 1]);

  // Its server runs on, and is taken over, stopped and removed by the next host.
  process.kill(host, "SIGKILL");
  first.kill("SIGKILL");
  await until(
    () => isAlive(host),
    (alive) => !alive,
  );
  assert.equal(await isAlive(server), true);
  await run("throw").catch(() => undefined);
  assert.equal(await isAlive(server), false);
  assert.equal((await hosts()).length, 1);

  await until(hosts, (left) => left.length === 0, 20_000);
  assert.deepEqual(await servers(), []);
  await until(list, (left) => left.length === 0);
});
