import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve, sep } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const oldNode = findOldNode();
const needsOld = { skip: oldNode === undefined ? "no Node older than 22.18 on PATH" : false };

function findOldNode(): string | undefined {
  const folders = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((dir) => !dir.split(sep).includes("node_modules"));
  return folders
    .map((dir) => join(dir, "node"))
    .find((node) => {
      if (!existsSync(node)) return false;
      const [major = 0, minor = 0] = spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8" })
        .stdout.split(".")
        .map(Number);
      return major < 22 || (major === 22 && minor < 18);
    });
}

/** A project with only the bin and a main that does as told. */
function project(t: TestContext, options: { packages: boolean }): string {
  const dir = mkdtempSync(join(tmpdir(), "rowlock-bin-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, "bin"));
  mkdirSync(join(dir, "src", "cli"), { recursive: true });
  copyFileSync(join(root, "bin", "rowlock.js"), join(dir, "bin", "rowlock.js"));
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(dir, "src", "cli", "main.ts"),
    `const [what, value]: string[] = process.argv.slice(2);
     if (what === "exit") process.exitCode = Number(value);
     if (what === "die") process.kill(process.pid, "SIGKILL");
     if (what === "wait") {
       setInterval(() => undefined, 1000);
       process.on("SIGTERM", () => process.exit(7));
     }
     console.log(JSON.stringify({ major: parseInt(process.versions.node), args: process.argv.slice(2) }));`,
  );
  if (options.packages) symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  return join(dir, "bin", "rowlock.js");
}

test(
  "an old Node starts it again on the Node that came with it, same arguments, same exit code",
  needsOld,
  async (t) => {
    const bin = project(t, { packages: true });
    const child = spawn(oldNode ?? "", [bin, "exit", "3", "two words"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [text] = await once(child.stdout.setEncoding("utf8"), "data");
    assert.deepEqual(JSON.parse(String(text)), { major: 24, args: ["exit", "3", "two words"] });
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 3);
  },
);

test("signals are passed on and back", needsOld, async (t) => {
  const bin = project(t, { packages: true });
  const waiting = spawn(oldNode ?? "", [bin, "wait"], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(waiting, "exit");
  await once(waiting.stdout, "data");
  waiting.kill("SIGTERM");
  assert.deepEqual(await exit, [7, null]);

  const dying = spawn(oldNode ?? "", [bin, "die"], { stdio: "ignore" });
  assert.deepEqual(await once(dying, "exit"), [null, "SIGKILL"]);
});

test("an old Node with none to go to says what to install", needsOld, async (t) => {
  const bin = project(t, { packages: false });
  await assert.rejects(run(oldNode ?? "", [bin]), (error: Error & { code?: number; stderr?: string }) => {
    assert.equal(error.code, 1);
    assert.match(
      error.stderr ?? "",
      /^Rowlock needs Node 22\.18 or newer; this is \d+.*Install Node 24\.\n$/,
    );
    return true;
  });
});

test("a new Node runs it at once", async (t) => {
  const { stdout } = await run(process.execPath, [project(t, { packages: false }), "exit", "0"]);
  assert.match(stdout, /"args":\["exit","0"\]/);
});

test("the command itself starts on an old Node", {
  skip:
    oldNode === undefined
      ? "no Node older than 22.18 on PATH"
      : !existsSync(join(root, "src/cli/main.ts")) && "no command line yet",
}, async () => {
  const { stdout } = await run(oldNode ?? "", [join(root, "bin", "rowlock.js"), "--version"]);
  assert.match(stdout, /\d+\.\d+\.\d+/);
});
