import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { importsOf } from "../../scripts/lib/layers/imports.ts";
import { checkLayers } from "../../scripts/lib/layers/index.ts";
import { repository, tempTree } from "./temp-tree.ts";

/** A tree in which all is well: every layer once, each import of the allowed kind. */
const good = {
  "package.json": JSON.stringify({ name: "rowlock", dependencies: { pg: "8.23.1", "@scope/x": "1.0.0" } }),
  "src/sdk/index.ts": `import { z } from "./z.ts"; export { z };`,
  "src/sdk/z.ts": `import { join } from "node:path"; import pg from "pg"; import x from "@scope/x/y"; export const z = [join, pg, x];`,
  "src/log.ts": `import { z } from "./sdk/index.ts"; export { z };`,
  "src/db/index.ts": `export { z } from "../log.ts";`,
  "src/tenancy/index.ts": `export * from "../db/index.ts";`,
  "src/jobs/index.ts": `export { run } from "./run/run-job.ts";`,
  "src/jobs/run/run-job.ts": `import type { z } from "../../tenancy/index.ts"; export const run = 1; export type Z = typeof z;`,
  "src/api/index.ts": `export { run } from "../jobs/index.ts";`,
  "src/worker/index.ts": `export { run } from "../jobs/index.ts"; export const load = (path: string) => import(path);`,
  "src/evals/index.ts": `export { run } from "../api/index.ts";`,
  "src/cli/main.ts": `import { run } from "../worker/index.ts"; import info from "../../package.json" with { type: "json" }; console.log(run, info, await import("../api/index.ts"), await import("../evals/index.ts"));`,
  "src/index.ts": `export { run } from "./jobs/index.ts";`,
  "tasks/echo.ts": `import { run } from "../src/index.ts"; import { help } from "./lib/help.ts"; export default [run, help];`,
  "tasks/lib/help.ts": `export const help = 1;`,
  "graphile.config.ts": `export { load as default } from "./src/worker/index.ts";`,
};

/** Checks the good tree with these files changed; returns `rule file:line` of what is broken. */
function broken(t: TestContext, files: Record<string, string>, atLeast = 1): string[] {
  const { violations } = checkLayers(tempTree(t, { ...good, ...files }), { atLeast });
  return violations.map(({ rule, file, line }) => `${rule} ${file}:${line}`);
}

test("a tree that follows the rules passes, and every file and import in it was seen", (t) => {
  const report = checkLayers(tempTree(t, good), { atLeast: 15 });
  assert.deepEqual(report, { modules: 15, imports: 17, violations: [] });
});

test("this repository follows the rules", () => {
  assert.deepEqual(checkLayers(repository, { atLeast: 10 }).violations, []);
});

const forbidden: [what: string, file: string, source: string, expected: string][] = [
  [
    "the ground importing anything of ours",
    "src/sdk/z.ts",
    `import "../log.ts";`,
    "direction src/sdk/z.ts:1",
  ],
  [
    "the kernel naming the application",
    "src/jobs/run/x.ts",
    `import "../../evals/index.ts";`,
    "direction src/jobs/run/x.ts:1",
  ],
  [
    "tenancy naming the application",
    "src/tenancy/x.ts",
    `import "../evals/index.ts";`,
    "direction src/tenancy/x.ts:1",
  ],
  [
    "the API naming the application",
    "src/api/x.ts",
    `import "../evals/index.ts";`,
    "direction src/api/x.ts:1",
  ],
  [
    "the worker naming the application",
    "src/worker/x.ts",
    `import "../evals/index.ts";`,
    "direction src/worker/x.ts:1",
  ],
  [
    "the API importing the worker",
    "src/api/x.ts",
    `import "../worker/index.ts";`,
    "direction src/api/x.ts:1",
  ],
  [
    "the worker importing the API",
    "src/worker/x.ts",
    `import "../api/index.ts";`,
    "direction src/worker/x.ts:1",
  ],
  [
    "the application importing the worker",
    "src/evals/x.ts",
    `import "../worker/index.ts";`,
    "direction src/evals/x.ts:1",
  ],
  [
    "a lower layer importing a higher one",
    "src/db/x.ts",
    `\nimport "../jobs/index.ts";`,
    "direction src/db/x.ts:2",
  ],
  [
    "a type-only import upwards",
    "src/db/x.ts",
    `import type { run } from "../jobs/index.ts"; export type R = typeof run;`,
    "direction src/db/x.ts:1",
  ],
  [
    "a type written as import()",
    "src/db/x.ts",
    `export type R = import("../jobs/index.ts").run;`,
    "direction src/db/x.ts:1",
  ],
  ["a dynamic import upwards", "src/db/x.ts", `await import("../jobs/index.ts");`, "direction src/db/x.ts:1"],
  ["a re-export upwards", "src/db/x.ts", `export {} from "../jobs/index.ts";`, "direction src/db/x.ts:1"],
  ["src importing a task", "src/cli/x.ts", `import "../../tasks/echo.ts";`, "never-imported src/cli/x.ts:1"],
  [
    "anything importing the command line",
    "src/worker/x.ts",
    `import "../cli/main.ts";`,
    "never-imported src/worker/x.ts:1",
  ],
  ["reaching past a face", "src/api/x.ts", `import "../jobs/run/run-job.ts";`, "face src/api/x.ts:1"],
  ["a task reaching past a face", "tasks/x.ts", `import "../src/jobs/run/run-job.ts";`, "face tasks/x.ts:1"],
  ["a task opening a pool", "tasks/x.ts", `import "../src/db/index.ts";`, "direction tasks/x.ts:1"],
  ["src importing a script", "src/cli/x.ts", `import "../../scripts/build.ts";`, "inside src/cli/x.ts:1"],
  [
    "the dashboard importing the server's code",
    "web/x.tsx",
    `import "../src/sdk/index.ts";`,
    "direction web/x.tsx:1",
  ],
  ["a folder that no rule knows", "src/extra/x.ts", "export {};", "known-layer src/extra/x.ts:1"],
  ["a file that is not there", "src/db/x.ts", `import "./gone.ts";`, "resolvable src/db/x.ts:1"],
  ["the package by its own name", "tasks/x.ts", `import "rowlock";`, "resolvable tasks/x.ts:1"],
  ["an alias", "src/db/x.ts", `import "#jobs";`, "resolvable src/db/x.ts:1"],
  ["a package that is no dependency", "src/db/x.ts", `import "left-pad";`, "resolvable src/db/x.ts:1"],
];

for (const [what, file, source, expected] of forbidden) {
  test(`refused: ${what}`, (t) => {
    // First only: what points upwards may close a circle as well.
    assert.equal(broken(t, { "scripts/build.ts": "", [file]: source })[0], expected);
  });
}

test("a circle of files is found once, with its way, though one link of it is type-only", (t) => {
  const root = tempTree(t, {
    ...good,
    "src/db/a.ts": `import "./b.ts";`,
    "src/db/b.ts": `import type { C } from "./c.ts"; export type B = C;`,
    "src/db/c.ts": `import "./a.ts"; export type C = 1;`,
  });
  const { violations } = checkLayers(root, { atLeast: 1 });
  assert.equal(violations.length, 1);
  assert.match(
    violations[0]?.message ?? "",
    /src\/db\/a\.ts → src\/db\/b\.ts → src\/db\/c\.ts → src\/db\/a\.ts/,
  );
});

test("a check that saw too few modules fails", (t) => {
  assert.deepEqual(broken(t, {}, 1_000), ["saw-modules .:0"]);
});

test("a file that does not parse is an error, not a file without imports", () => {
  assert.throws(() => importsOf("x.ts", "import from from from"), /x\.ts does not parse/);
});

test("words that look like imports, in strings and comments, are none", () => {
  const source = `// import "./a.ts"\nconst s = 'import "./b.ts"'; /* export * from "./c.ts" */ export { s };`;
  assert.deepEqual(importsOf("x.ts", source), []);
});
