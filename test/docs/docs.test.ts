/**
 * Does what README.md and docs/ say. Each fenced block of a page is one of these, told by the words after the fence;
 * one without the mark it needs fails:
 *
 *   sh                    run, in a folder and a migrated database of the page's own, ORGANIZATION and USER_ID set
 *   sh run=acceptance     run by the acceptance tests, because it takes long
 *   ts                    type-checked; with `file=path` also written there, and a task is put into the catalogue
 *   sql file=sql/…        applied as a migration
 *   sql as=tenant         executed under the claims of a member
 *   sql as=admin          executed by whoever owns the database
 *   graphql               valid in schema.graphql
 *   graphql as=operator   valid in operators.graphql
 *   json, text, yaml, …   shown, not run
 *
 * Pages that need more than that are run by a test of their own, see `elsewhere`.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, normalize, relative } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { buildSchema, parse, validate } from "graphql";
import { type Block, placeOf, readBlocks, repository } from "./pages.ts";
import { newReader } from "./reader.ts";

const execute = promisify(execFile);

/** Which test runs what is not run here. */
const elsewhere = new Map([
  ["docs/first-task.md", "test/acceptance/spine/first-task.ts"],
  ["docs/adopting.md", "test/docs/adopting.test.ts"],
  ["docs/policies.md", "test/docs/policies.test.ts"],
  ["docs/client.md", "test/client/page.test.ts"],
  ["docs/live.md", "test/api/live/page.test.ts"],
  ["docs/testing.md", "test/testing/page.test.ts"],
  ["docs/models.md", "test/evals/models-page.test.ts"],
  ["docs/conversations.md", "test/evals/conversations-page.test.ts"],
  ["docs/generating-tests.md", "test/evals/generation-page.test.ts"],
  ["docs/test-runs.md", "test/evals/page.test.ts"],
  ["docs/ai-test-runs.md", "test/acceptance/ai-test-runs/newcomer.ts"],
]);
const shown = new Set(["json", "text", "yaml", "dockerfile", "mermaid"]);

const pages = ["README.md", ...globSync("docs/**/*.md", { cwd: repository }).sort()];
const blocks = pages.flatMap((page) => readBlocks(join(repository, page)));
const of = (language: string) => blocks.filter((block) => block.language === language);

test("Every block is of a language that is run, checked or only shown", () => {
  assert.ok(blocks.length > 30);
  const known = new Set(["sh", "ts", "sql", "graphql", ...shown]);
  assert.deepEqual(blocks.filter(({ language }) => !known.has(language)).map(placeOf), []);
  const runs = blocks.flatMap(({ marks }) => marks.get("run") ?? []);
  assert.deepEqual(
    runs.filter((where) => where !== "acceptance"),
    [],
  );
  for (const path of elsewhere.values()) assert.ok(existsSync(join(repository, path)), path);
});

for (const page of pages.filter((page) => !elsewhere.has(page))) {
  const steps = blocks.filter((block) => block.page === page && isStep(block));
  if (steps.length === 0) continue;
  test(`${page} can be followed from its first block to its last`, async () => {
    await using reader = await newReader();
    for (const block of steps) await reader.follow(block);
  });
}

test("The TypeScript on the pages type-checks", async () => {
  const root = await mkdtemp(join(tmpdir(), "rowlock-docs-types-"));
  try {
    const files = of("ts").map((block) => {
      const name = block.marks.get("file") ?? `line-${block.line}.ts`;
      return { path: join(root, block.page.replace(/\W+/g, "-"), name), text: block.text };
    });
    assert.ok(files.length > 10);
    for (const { path, text } of files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    const face = (path: string) => [join(repository, "src", path)];
    const config = {
      extends: join(repository, "tsconfig.json"),
      compilerOptions: {
        noUnusedLocals: false,
        types: ["node"],
        typeRoots: [join(repository, "node_modules/@types")],
        paths: {
          rowlock: face("index.ts"),
          "rowlock/worker": face("worker/index.ts"),
          "rowlock/api": face("api/index.ts"),
          "rowlock/client": face("client/index.ts"),
          "rowlock/testing": face("testing/index.ts"),
          "rowlock/test-report": face("cli/test-run/report.ts"),
        },
      },
      include: ["**/*.ts"],
    };
    await writeFile(join(root, "tsconfig.json"), JSON.stringify(config));
    await writeFile(join(root, "package.json"), JSON.stringify({ type: "module" }));
    await symlink(join(repository, "node_modules"), join(root, "node_modules"), "dir");
    const compiler = join(repository, "node_modules/typescript/bin/tsc");
    await execute(process.execPath, [compiler, "-p", root], { cwd: root }).catch(
      (error: { stdout: string }) => assert.fail(error.stdout),
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test("The GraphQL on the pages is valid in the schema of whoever sends it", () => {
  const read = (file: string) => buildSchema(readFileSync(join(repository, file), "utf8"));
  const [tenants, operators] = [read("schema.graphql"), read("operators.graphql")];
  assert.ok(of("graphql").length > 0);
  for (const block of of("graphql")) {
    const schema = block.marks.get("as") === "operator" ? operators : tenants;
    const faults = validate(schema, parse(block.text)).map((error) => error.message);
    assert.deepEqual(faults, [], placeOf(block));
  }
});

test("Every link of the pages leads to a file and a heading that exist", () => {
  const broken: string[] = [];
  let links = 0;
  for (const page of pages) {
    const text = readFileSync(join(repository, page), "utf8").replace(/^```[\s\S]*?^```$/gm, "");
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      links += 1;
      const [path = "", heading] = target.split("#");
      const file = path === "" ? page : normalize(join(dirname(page), path));
      const whole = join(repository, file);
      if (!existsSync(whole)) broken.push(`${page}: ${target}`);
      else if (heading !== undefined && !headingsOf(whole).includes(heading))
        broken.push(`${page}: ${target}`);
    }
  }
  assert.ok(links > 20);
  assert.deepEqual(broken, []);
});

function isStep({ language, marks }: Block): boolean {
  if (language === "sh") return !marks.has("run");
  return language === "sql" || (language === "ts" && marks.has("file"));
}

/** As GitHub makes them. */
function headingsOf(path: string): string[] {
  assert.ok(!relative(repository, path).startsWith(".."));
  return [...readFileSync(path, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
}
