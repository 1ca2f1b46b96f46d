import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import type { TestContext } from "node:test";

export const repository = join(import.meta.dirname, "../..");

/** A folder with these files (path to content) that is gone when the test ends. */
export function tempTree(t: TestContext, files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "rowlock-tree-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  writeFiles(root, files);
  return root;
}

export function writeFiles(root: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

const copied = [
  ...["src", "tasks", "scripts", "sql", "test", "bin", "web"],
  ...["package.json", "tsconfig.json", "tsconfig.build.json", "biome.json", ".gitignore", ".env.example"],
  "graphile.config.ts",
  "schema.graphql",
  "operators.graphql",
];

/** A copy of this repository, to be spoilt, with the same node_modules. Gone when the test ends. */
export function copyRepository(t: TestContext): string {
  const root = tempTree(t, {});
  for (const name of copied.filter((name) => existsSync(join(repository, name)))) {
    // Without what other tests make at this moment.
    const filter = (path: string) => !path.includes(`${sep}made-`) && path !== join(repository, "web/dist");
    cpSync(join(repository, name), join(root, name), { recursive: true, filter });
  }
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"), "dir");
  return root;
}
