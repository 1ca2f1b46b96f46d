import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { loadTasks } from "../../src/worker/index.ts";

const face = pathToFileURL(join(import.meta.dirname, "../../src/index.ts")).href;
let root: string;
let made = 0;
before(async () => {
  // Inside the repository, so that the files find its node_modules.
  root = await mkdtemp(join(import.meta.dirname, "tmp-tasks-"));
});
after(() => rm(root, { recursive: true, force: true }));

/** A folder with these files. */
async function folder(files: Record<string, string>): Promise<string> {
  made += 1;
  const directory = join(root, String(made));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return directory;
}

const taskNamed = (name: string) =>
  `import { defineTask } from ${JSON.stringify(face)}; import { z } from "zod";
   export default defineTask({ name: ${JSON.stringify(name)}, input: z.object({}), run() {} });`;

test("every file below the folders is a task under its path's name; other files are left alone", async () => {
  const one = await folder({
    "send.ts": taskNamed("send"),
    "reports/monthly.mts": taskNamed("reports/monthly"),
    "plain.js": taskNamed("plain"),
    "plain-2.mjs": taskNamed("plain-2"),
    "send.test.ts": "throw new Error('a test beside its task')",
    "send.d.ts": "export {}",
    "README.md": "# tasks",
    "data.json": "{}",
  });
  const two = await folder({ "other.ts": taskNamed("other") });
  const tasks = await loadTasks([one, two, one, join(root, "missing")]);
  assert.deepEqual([...tasks.keys()].toSorted(), ["other", "plain", "plain-2", "reports/monthly", "send"]);
  assert.equal(tasks.get("send")?.definition.name, "send");
});

test("a file without a task as its default export is refused by its name", async () => {
  for (const text of ["export const a = 1;", "export default 5;", "export default async () => {};", ""]) {
    const directory = await folder({ "empty.ts": text });
    await assert.rejects(loadTasks([directory]), {
      code: "INVALID_TASK_FILE",
      message: /empty\.ts has no task as its default export.*name: "empty"/,
    });
  }
});

test("a task whose name is not its file's is refused", async () => {
  const directory = await folder({ "deep/file.ts": taskNamed("file") });
  await assert.rejects(loadTasks([directory]), {
    code: "INVALID_TASK_FILE",
    message: /file\.ts defines a task named "file".*name: "deep\/file"/,
  });
});

test("a file that throws, or does not parse, is named with the reason", async () => {
  for (const [text, reason] of [
    ["throw new Error('no such table');", /broken\.ts cannot be loaded: no such table/],
    ["export default (", /broken\.ts cannot be loaded/],
    ["import 'not-installed-anywhere';", /broken\.ts cannot be loaded: .*not-installed-anywhere/],
    ["throw 'a text';", /broken\.ts cannot be loaded: a text/],
  ] as const) {
    const directory = await folder({ "broken.ts": text });
    await assert.rejects(loadTasks([directory]), { code: "INVALID_TASK_FILE", message: reason });
  }
});

test("two files of one name are refused, in one folder and in two", async () => {
  const both = await folder({ "same.ts": taskNamed("same"), "same.mts": taskNamed("same") });
  const [one, two] = [
    await folder({ "same.ts": taskNamed("same") }),
    await folder({ "same.js": taskNamed("same") }),
  ];
  for (const directories of [[both], [one, two]]) {
    await assert.rejects(loadTasks(directories), {
      code: "DUPLICATE_TASK",
      message: /"same": .*same\.\w+ and .*same\.\w+\. Rename one/,
    });
  }
});

test("a task defined out of bounds is refused by name and field", async () => {
  const directory = await folder({
    "often.ts": taskNamed("often").replace("input:", "maxAttempts: 0, input:"),
  });
  await assert.rejects(loadTasks([directory]), {
    code: "INVALID_ARGUMENT",
    message: /Task "often": maxAttempts/,
  });
});
