import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible } from "./accessible.ts";
import { noBrowser, sceneOf, screenshot } from "./browser.ts";

test("a schedule is made, shown in plain words, run, turned off and deleted", {
  skip: noBrowser,
}, async (t) => {
  const { world, openAs, faults } = await sceneOf(t);
  const page = await openAs("/schedules");
  await page.getByText("No schedule yet").waitFor();
  await page.getByRole("button", { name: "New schedule" }).click();
  await page.getByLabel("Name").fill("every morning");
  await page.getByRole("combobox", { name: "Task" }).click();
  await page.getByRole("option", { name: "report", exact: true }).click();
  await page.getByLabel("Payload (JSON)").fill('{"account": 7}');
  await page.getByLabel("Expression").fill("30 6 * * 1-5");
  await page.getByText(/At 06:30, Monday through Friday/).waitFor();
  await page.getByRole("list", { name: "The next five ticks" }).getByRole("listitem").nth(4).waitFor();
  await assertAccessible(page);
  await screenshot(page, "schedules-form");

  await page.getByRole("button", { name: "Create schedule" }).click();
  await page.getByText(/account: /).waitFor(); // What the task's schema refuses stands at the payload.
  await page.getByLabel("Payload (JSON)").fill('{"account": "Northwind", "pages": 1}');
  await page.getByRole("button", { name: "Create schedule" }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.getByRole("cell", { name: /At 06:30, Monday through Friday/ }).waitFor();

  await page.getByRole("button", { name: "Run every morning now" }).click();
  await page.getByRole("link", { name: "Look at the job" }).waitFor();
  await screenshot(page, "schedules");
  await assertAccessible(page);
  await page.getByLabel("every morning is on").click({ force: true });
  await page.getByRole("cell", { name: "off" }).waitFor();
  const [row] = await world.asOwner<{ enabled: boolean }>("select enabled from rowlock.schedules");
  assert.equal(row?.enabled, false);

  await page.setViewportSize({ width: 375, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await screenshot(page, "schedules-narrow-dark");
  await assertAccessible(page);
  await page.getByRole("button", { name: "Delete every morning" }).click();
  await page.getByRole("button", { name: "Delete 1 schedule" }).click();
  await page.getByText("No schedule yet").waitFor();
  assert.deepEqual(faults(), []);
});
