import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ErrorCode, errorRegistry, settingsSchema } from "../../src/sdk/index.ts";
import { repository } from "./pages.ts";
import { errorRow, settingEntries, settingRow } from "./rows.ts";

const read = (page: string) => readFileSync(join(repository, page), "utf8");
const rowsOf = (page: string) => read(page).match(/^\| `[A-Z][A-Z0-9_]+` \|.*$/gm) ?? [];

test("docs/errors.md has every code of the registry, with its SQLSTATE, status and meaning, and no other", () => {
  const codes = Object.keys(errorRegistry) as ErrorCode[];
  assert.deepEqual(rowsOf("docs/errors.md").toSorted(), codes.map(errorRow).toSorted());
});

test("docs/configuration.md has every setting, with its default and meaning, and no other", () => {
  const rows = settingEntries(settingsSchema).map(settingRow);
  assert.ok(rows.length > 20);
  assert.deepEqual(rowsOf("docs/configuration.md").toSorted(), rows.toSorted());
});

test("Every SQLSTATE in the docs is the registry's", () => {
  const known: (string | null)[] = Object.values(errorRegistry).map(({ sqlstate }) => sqlstate);
  const named = read("docs/launching-from-sql.md").match(/RL\d{3}/g) ?? [];
  assert.ok(named.length > 5);
  assert.deepEqual(
    named.filter((state) => !known.includes(state)),
    [],
  );
});

test("Every file that docs/architecture.md names exists, and it names every folder of src", () => {
  const page = read("docs/architecture.md");
  const named = [...page.matchAll(/`((?:src|sql|tasks|scripts)\/[\w./-]*|graphile\.config\.ts)`/g)].map(
    ([, path = ""]) => path,
  );
  assert.ok(named.length > 30);
  assert.deepEqual(
    named.filter((path) => !existsSync(join(repository, path))),
    [],
  );
  const layers = ["sdk", "db", "tenancy", "jobs", "evals", "api", "worker", "cli"];
  assert.deepEqual(
    layers.filter((layer) => !named.includes(`src/${layer}/`)),
    [],
  );
});

test("The SQL functions that docs/architecture.md names are in the file it names them for", () => {
  const steps = [...read("docs/architecture.md").matchAll(/`(sql\/kernel\/\d+_\w+\.sql)` \(([^)]+)\)/g)];
  assert.ok(steps.length >= 5);
  for (const [, file = "", list = ""] of steps) {
    for (const [, name = ""] of list.matchAll(/`(\w+)`/g)) {
      assert.match(
        read(file),
        new RegExp(`create function rowlock(_private)?\\.${name}\\(`),
        `${name} in ${file}`,
      );
    }
  }
});
