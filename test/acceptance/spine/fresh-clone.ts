import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const root = join(import.meta.dirname, "../../..");

export type FreshClone = {
  demoSeconds: number;
  testSeconds: number;
  tests: string;
};

/**
 * Clones what is committed and runs the README's two commands there, with the system's own Node, none of our
 * environment and, if given, a database.
 */
export async function freshClone(databaseUrl?: string): Promise<FreshClone> {
  const folder = await mkdtemp(join(tmpdir(), "rowlock-clone-"));
  try {
    execFileSync("git", ["clone", "-q", root, join(folder, "rowlock")]);
    const cwd = join(folder, "rowlock");
    const run = (command: string) => runBare(command, cwd, { databaseUrl });
    await run("npm ci --no-audit --no-fund");
    const demo = await run("npm run demo");
    assert.match(demo.output, /Question .*Expected .*Verdict/, "the demo prints its table");
    assert.match(demo.output, /Run completed: 43 passed, 7 failed, 0 errored; pass rate 86\.0 %/);
    assert.match(demo.output, /the other organization, sees 0 runs, 0 results, 0 jobs/);
    await run("npm ci --no-audit --no-fund");
    const test = await run("npm test");
    return {
      demoSeconds: demo.seconds,
      testSeconds: test.seconds,
      tests: /^ℹ pass (\d+)/m.exec(test.output)?.[1] ?? "0",
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a shell command with the environment of a bare machine. Throws when it fails, unless it may. */
export async function runBare(
  command: string,
  cwd: string,
  options: { databaseUrl?: string | undefined; mayFail?: boolean } = {},
): Promise<{ code: number | null; output: string; seconds: number }> {
  const began = performance.now();
  const child = spawn("bash", ["-c", command], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      HOME: process.env.HOME,
      PATH: systemPath(),
      LANG: "C.UTF-8",
      CI: "true",
      ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  if (options.mayFail !== true) {
    assert.equal(code, 0, `${command} exited with ${code}:\n${output.slice(-6_000)}`);
  }
  return { code, output, seconds: (performance.now() - began) / 1000 };
}

/** PATH without the folders that npm put in front: there the bare machine's own `node` is found. */
function systemPath(): string {
  const folders = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"));
  assert.ok(
    folders.some((folder) => existsSync(join(folder, "node"))),
    "the system has a Node of its own",
  );
  return folders.join(delimiter);
}
