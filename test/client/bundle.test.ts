import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const entry = join(import.meta.dirname, "../../src/client/index.ts");
const mostBytes = 8 * 1024;

test("in a browser's bundle the client is below 8 KB, and nothing of the server is in it", async (t) => {
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, target: "es2022", lib: { entry, formats: ["es"] } },
  });
  const [bundle] = [built].flat();
  assert.ok(bundle !== undefined && "output" in bundle);
  const chunks = bundle.output.flatMap((file) => (file.type === "chunk" ? [file] : []));
  assert.equal(chunks.length, 1);
  const [chunk] = chunks;
  assert.ok(chunk !== undefined);
  assert.match(chunk.code, /\/api\/jobs/);
  assert.deepEqual([...chunk.imports, ...chunk.dynamicImports], []);
  const foreign = chunk.moduleIds.filter((id) => !id.includes("/src/client/"));
  assert.deepEqual(foreign, []);
  assert.doesNotMatch(chunk.code, /node:|\brequire\(|\bprocess\./);
  const { length } = gzipSync(chunk.code);
  t.diagnostic(`${length} bytes, compressed`);
  assert.ok(length < mostBytes, `${length} bytes`);
});
