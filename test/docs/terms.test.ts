import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "./pages.ts";

/** What a table of test runs is called by people. */
const termOf: Record<string, string> = {
  endpoints: "endpoint",
  evaluations: "evaluation",
  metrics: "metric",
  model_defaults: "model default",
  model_usage: "ledger",
  models: "model",
  notification_targets: "notification target",
  secrets: "secret",
  test_configurations: "configuration",
  test_drafts: "draft",
  test_results: "result",
  test_runs: "run",
  test_set_metrics: "test set",
  test_set_tests: "test set",
  test_sets: "test set",
  test_versions: "version",
  tests: "test",
  turns: "turn",
};

test("Every table of test runs has its term in docs/ai-test-runs.md", () => {
  const sql = globSync("sql/evals/*.sql", { cwd: repository }).map((file) =>
    readFileSync(join(repository, file), "utf8"),
  );
  const tables = [...sql.join("\n").matchAll(/^create table evals\.(\w+)/gm)].map(([, name]) => name ?? "");
  assert.ok(tables.length >= 15, tables.join(", "));
  const page = readFileSync(join(repository, "docs/ai-test-runs.md"), "utf8");
  const terms = new Set(
    [...page.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell]) => (cell ?? "").trim().split(", ")),
  );
  for (const table of tables) {
    const term = termOf[table];
    assert.ok(term !== undefined, `evals.${table}: add its term to this test and to the page`);
    assert.ok(terms.has(term), `docs/ai-test-runs.md does not say what a ${term} is`);
  }
});
