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

/** What fades in has no contrast until it is there. What turns for ever, as a loader, is not waited for. */
const settled = `Promise.all(document.getAnimations()
  .filter(({ effect }) => effect?.getTiming().iterations !== Infinity)
  .map(({ finished }) => finished.catch(() => undefined)))`;

/** Refuses a page on which axe finds something serious or critical. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(settled);
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
