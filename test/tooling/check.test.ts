import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runStep, type Step } from "../../scripts/lib/check-steps.ts";
import { copyRepository, repository, writeFiles } from "./temp-tree.ts";

/** Runs one step of `npm run check` in `root`. */
function check(root: string, step: string): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/check.ts", "--only", step], {
    cwd: root,
    encoding: "utf8",
  });
  return { code: status, output: stdout + stderr };
}

function refuses(root: string, step: string, reason: RegExp): void {
  const { code, output } = check(root, step);
  assert.equal(code, 1, output);
  assert.match(output, reason);
  assert.match(output, new RegExp(`Failed: ${step}`));
}

/** Fails once spoilt, and says it is by that: what else is wrong with a copy would be said otherwise. */
function failsOnceSpoilt(t: TestContext, step: string, files: Record<string, string>, reason: RegExp): void {
  const root = copyRepository(t);
  writeFiles(root, files);
  refuses(root, step, reason);
}

test("check fails on a type error", (t) => {
  const files = { "src/sdk/wrong.ts": `export const wrong: number = "text";\n` };
  failsOnceSpoilt(t, "types", files, /wrong\.ts.*TS2322/);
});

test("check fails on a lint error", (t) => {
  const root = copyRepository(t);
  // Only this file, so that the test does not depend on work in progress elsewhere.
  for (const name of ["src", "tasks", "test", "bin", "sql"]) rmSync(join(root, name), { recursive: true });
  writeFiles(root, { "src/wrong.ts": "export const wrong: any = 1;\n" });
  refuses(root, "lint", /noExplicitAny/);
});

test("check fails on a forbidden import", (t) => {
  failsOnceSpoilt(
    t,
    "layers",
    { "src/sdk/wrong.ts": `import "../db/index.ts";\n` },
    /\[direction\] sdk imports/,
  );
});

test("check fails on a setting missing from .env.example", (t) => {
  const kept = readFileSync(join(repository, ".env.example"), "utf8");
  const files = { ".env.example": kept.replace(/#API_PORT=.*\n/, "") };
  failsOnceSpoilt(t, "settings", files, /API_PORT is missing/);
});

test("check fails when the schema is no longer what sql/schema.sql says, and shows the difference", (t) => {
  const files = { "sql/kernel/9999_wrong.sql": "create table rowlock.wrong (a int);\n" };
  failsOnceSpoilt(t, "dump", files, /\+create table rowlock\.wrong/);
});

test("check refuses a step that it does not have", () => {
  const { code, output } = check(repository, "spelling");
  assert.equal(code, 1);
  assert.match(output, /no step spelling/);
});

test("a step that examined nothing has failed, though its command ended well", async () => {
  const step = (examined: number): Step => ({
    name: "empty",
    command: [process.execPath, "--version"],
    unit: "files",
    examined: () => examined,
  });
  assert.equal((await runStep(step(0), repository)).ok, false);
  assert.equal((await runStep(step(1), repository)).ok, true);
});

test("a step whose command is not there has failed", async () => {
  const step: Step = { name: "gone", command: ["no-such-command"], unit: "files", examined: () => 1 };
  const { ok, output } = await runStep(step, repository);
  assert.equal(ok, false);
  assert.match(output, /no-such-command/);
});
