import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible } from "./accessible.ts";
import { noBrowser, sceneOf, screenshot } from "./browser.ts";

test("an owner pauses, adds members, makes keys, and finds it all in the audit", {
  skip: noBrowser,
}, async (t) => {
  const { openAs, faults } = await sceneOf(t);
  const page = await openAs("/pauses");
  await page.getByText("Nothing is paused").waitFor();
  await page.getByLabel("Reason").fill("the server is on fire");
  await page.getByRole("button", { name: "Pause all tasks" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause all tasks" }).click();
  await page.getByRole("cell", { name: "the server is on fire" }).waitFor();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await assertAccessible(page);
  await screenshot(page, "pauses");
  await page.getByRole("button", { name: "Resume all tasks" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume all tasks" }).click();
  await page.getByText("Nothing is paused").waitFor();

  await page.getByRole("link", { name: "Members" }).click();
  await page.getByRole("heading", { name: "Members", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Add member" }).click();
  await page.getByLabel("E-mail").fill("grace@example.com");
  await page.getByRole("dialog").getByRole("button", { name: "Add member" }).click();
  await page.getByRole("combobox", { name: "Role of grace@example.com" }).click();
  await page.getByRole("option", { name: "viewer" }).click();
  await page.locator('input[aria-label="Role of grace@example.com"][value="viewer"]').waitFor();
  await assertAccessible(page);
  await screenshot(page, "members");
  await page.getByRole("button", { name: "Remove grace@example.com" }).click();
  await page.getByRole("button", { name: "Remove 1 member" }).click();
  await page.getByText("grace@example.com", { exact: true }).waitFor({ state: "hidden" });

  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name").fill("importer");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByLabel("The new API key").waitFor();
  assert.match((await page.getByLabel("The new API key").textContent()) ?? "", /^rlk_/);
  await assertAccessible(page);
  await page.getByRole("button", { name: "I have it" }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await screenshot(page, "keys");
  await assertAccessible(page);
  await page.getByRole("button", { name: "Revoke importer" }).click();
  await page.getByRole("button", { name: "Revoke 1 key" }).click();
  await page.getByText("revoked").waitFor();

  await page.getByRole("link", { name: "Audit" }).click();
  await page.getByRole("heading", { name: "Audit", level: 1 }).waitFor();
  await page
    .getByRole("cell", { name: /api_key/ })
    .first()
    .waitFor();
  await assertAccessible(page);
  await screenshot(page, "audit");
  for (const path of ["audit", "keys", "members", "pauses"]) {
    await page.setViewportSize({ width: 375, height: 800 });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(`${new URL(page.url()).origin}/dashboard/${path}`);
    await page.getByRole("table").waitFor();
    await assertAccessible(page);
    await screenshot(page, `${path}-narrow-dark`);
  }
  assert.deepEqual(faults(), []);
});
