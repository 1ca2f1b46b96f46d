import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Violation = {
  id: string;
  impact: string;
  help: string;
  nodes: { html: string; failureSummary: string }[];
};

/** Refuses a page on which axe finds something serious or critical. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(axe);
  const { violations, passes } = (await page.evaluate("axe.run()")) as {
    violations: Violation[];
    passes: unknown[];
  };
  assert.ok(passes.length > 5, "axe found hardly anything to look at");
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(
    bad.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => node.html).join("\n")}`),
    [],
  );
}
