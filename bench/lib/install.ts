import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = join(import.meta.dirname, "..");

/** Installs the peers' packages at first use and whenever the lock file is newer. */
export async function installPackages(): Promise<void> {
  const changed = (file: string) =>
    stat(join(here, file)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
  if ((await changed("node_modules/.package-lock.json")) >= (await changed("package-lock.json"))) return;
  console.log("Installing the peers' packages …");
  const npm = spawn("npm", ["ci", "--prefix", here, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: here,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(npm, "exit");
  if (code !== 0) throw new Error(`npm ci in ${here} ended with ${String(code)}.`);
}

/** Debian's packages that a peer needs, each with a command that succeeds when it is there. */
const debian = [
  { name: "redis-server", probe: ["redis-server", "--version"] },
  { name: "python3-celery", probe: ["/usr/bin/python3", "-c", "import celery"] },
  { name: "python3-redis", probe: ["/usr/bin/python3", "-c", "import redis"] },
  { name: "python3-psycopg2", probe: ["/usr/bin/python3", "-c", "import psycopg2"] },
] as const;

/** Debian's packages that are missing although it was tried to install them. */
export async function installDebian(): Promise<string[]> {
  const missing = await missingDebian();
  if (missing.length === 0 || process.getuid?.() !== 0) return missing;
  console.log(`Installing ${missing.join(", ")} …`);
  const install = ["install", "-y", "--no-install-recommends", ...missing];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", install, { env })
    .catch(async () => {
      await run("apt-get", ["update"], { env });
      await run("apt-get", install, { env });
    })
    // What is missing then is said beside the figures.
    .catch(() => undefined);
  return await missingDebian();
}

async function missingDebian(): Promise<string[]> {
  const there = await Promise.all(debian.map(({ probe: [command, ...args] }) => succeeds(command, args)));
  return debian.filter((_, index) => there[index] !== true).map(({ name }) => name);
}

export async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return await run(command, [...args]).then(
    () => true,
    () => false,
  );
}
