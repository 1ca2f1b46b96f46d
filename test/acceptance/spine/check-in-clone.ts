import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runBare } from "./fresh-clone.ts";

const root = join(import.meta.dirname, "../../..");

/** What spoils a tree, by the step that must notice. */
const spoilt: Record<string, (cwd: string) => () => void> = {
  types: (cwd) => addFile(cwd, "src/sdk/wrong.ts", `export const wrong: number = "text";\n`),
  layers: (cwd) => addFile(cwd, "src/sdk/wrong.ts", `import "../db/index.ts";\n`),
  dump: (cwd) =>
    change(cwd, "sql/schema.sql", (text) => text.replace(/^create table .*$/m, "create table other (")),
  settings: (cwd) => change(cwd, ".env.example", (text) => text.replace(/#API_PORT=.*\n/, "")),
};

/** `npm run check` in a clone of what is committed, as CI runs it; then each step on a tree that it must refuse. */
export async function checkInClone(): Promise<{ seconds: number; refused: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "rowlock-check-"));
  try {
    const cwd = join(folder, "rowlock");
    execFileSync("git", ["clone", "-q", root, cwd]);
    assert.match(readFileSync(join(cwd, ".ci/run"), "utf8"), /^npm run check\b/m);
    await runBare("npm ci --no-audit --no-fund", cwd);
    const { seconds, output } = await runBare("npm run check", cwd);
    for (const step of ["types", "lint", "layers", "settings", "dump", "tests"]) {
      assert.match(output, new RegExp(`^ok +${step} +[1-9]`, "m"));
    }
    for (const [step, spoil] of Object.entries(spoilt)) {
      const mend = spoil(cwd);
      const answer = await runBare(`npm run check -- --only ${step}`, cwd, { mayFail: true });
      mend();
      assert.equal(answer.code, 1, `${step} accepted a spoilt tree: ${answer.output}`);
      assert.match(answer.output, new RegExp(`Failed: ${step}`));
    }
    return { seconds, refused: Object.keys(spoilt) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function addFile(cwd: string, path: string, text: string): () => void {
  writeFileSync(join(cwd, path), text);
  return () => rmSync(join(cwd, path));
}

function change(cwd: string, path: string, edit: (text: string) => string): () => void {
  const before = readFileSync(join(cwd, path), "utf8");
  const after = edit(before);
  assert.notEqual(after, before, `${path} was changed`);
  writeFileSync(join(cwd, path), after);
  return () => writeFileSync(join(cwd, path), before);
}
