/** Does what docs/testing.md says, and sees that the tests of the page run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readBlocks, repository } from "../docs/pages.ts";
import { newReader } from "../docs/reader.ts";

test("the test file of the page passes, with every test in it", async () => {
  const blocks = readBlocks(join(repository, "docs/testing.md"));
  const tests = blocks.flatMap(({ marks, text }) =>
    marks.get("file")?.endsWith(".test.ts") ? [...text.matchAll(/^test\(/gm)] : [],
  );
  assert.ok(tests.length >= 4);
  await using reader = await newReader();
  const outputs: string[] = [];
  for (const block of blocks) outputs.push(await reader.follow(block));
  const output = outputs.join("");
  assert.match(output, new RegExp(`^. pass ${tests.length}$`, "m"));
  assert.match(output, /^. fail 0$/m);
});
