import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { copyRepository, writeFiles } from "./temp-tree.ts";

test("the build makes every module of src and tasks into JavaScript with declarations, builds the dashboard, and clears what was there", async (t) => {
  const root = copyRepository(t);
  writeFiles(root, {
    "dist/src/left-over.js": "",
    "src/sdk/probe.ts": `
      import { bounds } from "./job.ts";
      export const direct = bounds.keyLength;
      export const byUrl = (url: string): Promise<unknown> => import(url);
      export const lazy = async (): Promise<number> => (await import("./job.ts")).bounds.maxAttempts;`,
  });
  execFileSync(process.execPath, ["scripts/build.ts"], { cwd: root });

  const sources = globSync(["src/**/*.ts", "tasks/**/*.ts"], { cwd: root }).map((path) => path.slice(0, -3));
  const built = (ending: string) =>
    globSync(`{src,tasks}/**/*${ending}`, { cwd: join(root, "dist") }).map((path) =>
      path.slice(0, -ending.length),
    );
  assert.deepEqual(built(".js").sort(), sources.sort());
  assert.deepEqual(built(".d.ts").sort(), sources.sort());
  assert.equal(existsSync(join(root, "dist/src/left-over.js")), false);
  assert.match(readFileSync(join(root, "dist/web/index.html"), "utf8"), /\/dashboard\/assets\/index-/);

  for (const path of globSync("dist/{src,tasks}/**/*.js", { cwd: root })) {
    assert.doesNotMatch(readFileSync(join(root, path), "utf8"), /(from|import) *\(?"\.[^"]*\.ts"/, path);
  }
  // What the manifest promises to whoever installs the package.
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, string | { types: string; default: string }>;
  };
  const promised = Object.values(manifest.exports).flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );
  assert.ok(promised.includes("./dist/src/testing/index.js"));
  assert.deepEqual(
    promised.filter((path) => !existsSync(join(root, path))),
    [],
  );
  const probe = await import(pathToFileURL(join(root, "dist/src/sdk/probe.js")).href);
  assert.equal(probe.direct, 200);
  assert.equal(await probe.lazy(), 100);
  // A task file of a customer's is TypeScript, loaded by its URL: that import must be left as it is.
  writeFiles(root, { "theirs.ts": "const answer: number = 42; export default answer;" });
  const theirs = await probe.byUrl(pathToFileURL(join(root, "theirs.ts")).href);
  assert.equal(theirs.default, 42);
});

test("a build that does not compile fails", (t) => {
  const root = copyRepository(t);
  writeFiles(root, { "src/sdk/wrong.ts": `export const wrong: number = "text";` });
  assert.throws(() => execFileSync(process.execPath, ["scripts/build.ts"], { cwd: root, stdio: "pipe" }));
});
