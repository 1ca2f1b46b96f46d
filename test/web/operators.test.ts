import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { issueOperatorToken } from "../../src/tenancy/index.ts";
import { assertAccessible } from "./accessible.ts";
import { launch, noBrowser, sceneOf, screenshot } from "./browser.ts";

test("an operator sees who has which share, limits and pauses, and finds it in the audit", {
  skip: noBrowser,
}, async (t) => {
  const { world, open, faults } = await sceneOf(t);
  const { north, south } = world;
  await launch(world, "crawl", { site: "rowlock.example" });
  const later = { runAt: new Date(Date.now() + 3_600_000).toISOString() };
  await launch(world, "report", { account: "Later", pages: 1 }, later, south.owner);

  const page = await open("/operators");
  await signIn(page, north.owner.token);
  await page
    .getByText(/audience|operator/i)
    .first()
    .waitFor();
  faults().length = 0; // A member's token was refused, as it should be.
  await screenshot(page, "operators-sign-in");
  await assertAccessible(page);
  await signIn(page, await issueOperatorToken(world.settings, { name: "olga", expiresIn: "1h" }));

  const row = page.getByRole("row", { name: /^north/ });
  await row.getByText("100% used, 100% due").waitFor();
  await page.getByRole("row", { name: /^south/ }).waitFor();
  await look(page, "operators-organizations");
  await page.getByLabel("Search").fill("nor");
  await page.waitForURL(/search=nor/);
  await page.getByRole("row", { name: /^south/ }).waitFor({ state: "hidden" });
  await row.getByRole("link").click();

  await page.getByRole("heading", { name: "north", level: 1 }).waitFor();
  await page.getByLabel("Weight").fill("-3");
  await page.getByRole("button", { name: "Save" }).click();
  await page
    .getByText(/weight/i)
    .and(page.locator("[class*=error], [role=alert] *"))
    .first()
    .waitFor();
  faults().length = 0; // The refusal that was asked for.
  await page.getByLabel("Weight").fill("3");
  await page.getByLabel("Most at once").fill("7");
  await page.getByLabel("days").fill("30");
  await page.getByRole("button", { name: "Save" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Saved. It counts within half a second.").waitFor();
  const { data } = await world.graphql(
    north.owner,
    "{ policies { nodes { weight maxRunning retention { days } } } }",
  );
  assert.deepEqual(data, { policies: { nodes: [{ weight: 3, maxRunning: 7, retention: { days: 30 } }] } });

  await page.getByRole("button", { name: "Pause north" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause north" }).click();
  await page.getByText("paused by operators").waitFor();
  await look(page, "operators-organization");
  await page.getByRole("button", { name: "Resume north" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume north" }).click();
  await page.getByText("paused by operators").waitFor({ state: "hidden" });

  await page.getByRole("link", { name: "Tasks" }).click();
  await page.getByText("No task is limited").waitFor();
  await page.getByRole("button", { name: "Limit a task" }).click();
  await page.getByRole("textbox", { name: "Task" }).fill("crawl");
  await page.getByLabel("Most at once").fill("2");
  await assertAccessible(page);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("cell", { name: "2 at once" }).waitFor();
  await page.getByRole("button", { name: "Pause crawl" }).click();
  await page.getByRole("button", { name: "Resume crawl" }).waitFor();
  await look(page, "operators-tasks");

  await page.getByRole("link", { name: "Workers" }).click();
  await page.getByRole("heading", { name: /holds 1 job/ }).waitFor();
  await page.getByRole("row", { name: /running crawl/ }).waitFor();
  await look(page, "operators-workers");

  await page.getByRole("link", { name: "Database" }).click();
  await page.getByRole("heading", { name: "Tables" }).waitFor();
  await page.getByRole("heading", { name: "Pools of this API process" }).waitFor();
  await look(page, "operators-database");

  await page.getByRole("link", { name: "Audit" }).click();
  await page.getByRole("cell", { name: "olga" }).nth(3).waitFor();
  await look(page, "operators-audit");
  assert.deepEqual(faults(), []);
});

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Operator's token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Wide and light, small and dark: by axe, and kept as pictures. */
async function look(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(300); // What fades in is not legible until it is there.
  await assertAccessible(page);
  await screenshot(page, name);
  const wide = page.viewportSize() ?? { width: 1280, height: 850 };
  await page.setViewportSize({ width: 375, height: 740 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForTimeout(300);
  await assertAccessible(page);
  await screenshot(page, `${name}-small-dark`);
  const width = Number(await page.evaluate("document.documentElement.scrollWidth"));
  assert.ok(width <= 375, `${name} is ${width} px wide`);
  await page.setViewportSize(wide);
  await page.emulateMedia({ colorScheme: "light" });
}
