import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { repository } from "./temp-tree.ts";

const versions = z.record(z.string(), z.string());
const manifest = z
  .object({ dependencies: versions, devDependencies: versions, optionalDependencies: versions })
  .parse(JSON.parse(readFileSync(join(repository, "package.json"), "utf8")));
const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };

const lockText = readFileSync(join(repository, "package-lock.json"), "utf8");
const entry = z.object({
  version: z.string().optional(),
  integrity: z.string().optional(),
  optionalDependencies: versions.default({}),
});
const { packages: lock } = z.object({ packages: z.record(z.string(), entry) }).parse(JSON.parse(lockText));

test("docs/dependencies.md says of each dependency why it is here, and of no other", () => {
  const page = readFileSync(join(repository, "docs/dependencies.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([^`]+)` \| (.{10,}) \|$/gm)].map((match) => match[1] ?? "");
  assert.deepEqual(rows.toSorted(), Object.keys(all).toSorted());
});

test("every version is exact", () => {
  const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  assert.deepEqual(loose, []);
});

test("the lock file holds every dependency with its checksum and names no registry", () => {
  assert.doesNotMatch(lockText, /"resolved"|_auth|registry/);
  for (const [name, version] of Object.entries(all)) {
    assert.equal(lock[`node_modules/${name}`]?.version, version, name);
  }
  const unchecked = Object.entries(lock).filter(
    // Biome for other platforms: docs/dependencies.md says why.
    ([path, { integrity }]) => integrity === undefined && path !== "" && !path.includes("/@biomejs/cli-"),
  );
  assert.deepEqual(unchecked, []);
});

test("the lock file names what other platforms need as well, without which npm ci refuses it everywhere", () => {
  const wanted = Object.values(lock).flatMap((entry) => Object.keys(entry.optionalDependencies));
  assert.ok(wanted.length > 10);
  const paths = Object.keys(lock);
  assert.deepEqual(
    wanted.filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`))),
    [],
  );
});
