import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { repository } from "../tooling/temp-tree.ts";
import { buildDashboard } from "./built.ts";

const limit = 300 * 1024;
const dist = join(repository, "web/dist");
const chunk = z.object({
  file: z.string(),
  imports: z.array(z.string()).default([]),
  css: z.array(z.string()).default([]),
});

/** What a browser fetches for the overview, where everyone begins: the frame, the page, and the chart on it. */
const first = ["index.html", "src/pages/overview/page.tsx", "src/ui/chart-canvas.tsx"];

test("the script that the first page loads is less than 300 KB, compressed", async (t) => {
  await buildDashboard();
  const manifest = z
    .record(z.string(), chunk)
    .parse(JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8")));
  const files = new Set(["index.html", "theme.js", "favicon.svg"]);
  const seen = new Set<string>();
  const load = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    const { file, imports, css } = chunk.parse(manifest[name]);
    for (const one of [file, ...css]) files.add(one);
    for (const one of imports) load(one);
  };
  for (const name of first) load(name);

  const sizes = [...files].map((name) => ({ name, bytes: gzipSync(readFileSync(join(dist, name))).length }));
  const add = (some: typeof sizes) => some.reduce((total, { bytes }) => total + bytes, 0);
  const script = add(sizes.filter(({ name }) => name.endsWith(".js")));
  for (const { name, bytes } of sizes) t.diagnostic(`${name}: ${(bytes / 1024).toFixed(1)} KB`);
  t.diagnostic(
    `first page: ${(script / 1024).toFixed(1)} KB of script, at most ${limit / 1024}; ${(add(sizes) / 1024).toFixed(1)} KB with styles`,
  );
  assert.ok(sizes.length > 5);
  assert.ok(script < limit, `${script} bytes`);
});
