import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible } from "./accessible.ts";
import { noBrowser, screenshot } from "./browser.ts";
import { evalsSceneOf } from "./evals-scene.ts";

test("an endpoint is made, tried and changed, and its secrets stay hidden", {
  skip: noBrowser,
}, async (t) => {
  const { bot, openAs, faults } = await evalsSceneOf(t);
  const page = await openAs("/endpoints");
  await page.getByText("No endpoint yet").waitFor();
  await page.getByRole("button", { name: "Create an endpoint" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("Echo bot");
  await dialog.getByLabel("URL", { exact: true }).fill("http://10.0.0.1/ask");
  await dialog.getByLabel("Path to the output").fill("output[");
  await dialog.getByLabel("Says it is").selectOption("bearer");
  await dialog.getByLabel("Token", { exact: true }).fill("a-secret-token");
  await dialog.getByRole("button", { name: "Create" }).click();
  await dialog.getByLabel("Path to the output").and(page.locator("[aria-invalid=true]")).waitFor();
  await assertAccessible(page);
  await screenshot(page, "endpoint-create");
  faults.length = 0; // The refusal that was asked for.
  await dialog.getByLabel("URL", { exact: true }).fill(bot.url);
  await dialog.getByLabel("Path to the output").fill("output");
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByText("Echo bot").first().waitFor();

  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByLabel("One input").fill("Is there anybody?");
  await page.getByRole("button", { name: "Call it" }).click();
  await page.getByText("What a run keeps").first().waitFor();
  await page
    .getByText(/"output": "Is there anybody\?"/)
    .first()
    .waitFor();
  assert.deepEqual(bot.asked, ["Is there anybody?"]);
  assert.equal((await page.content()).includes("a-secret-token"), false);
  await assertAccessible(page);
  await screenshot(page, "endpoint-try");

  await page.getByRole("button", { name: "Edit" }).click();
  await dialog.getByPlaceholder("stored; empty keeps it").waitFor();
  await dialog.getByLabel("Attempts").fill("2");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("30 s, 2").waitFor();
  assert.deepEqual(faults, []);
});
