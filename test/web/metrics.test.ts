import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible } from "./accessible.ts";
import { noBrowser, screenshot } from "./browser.ts";
import { evalsSceneOf } from "./evals-scene.ts";

test("metrics and models are made, refused at their fields, and changed", { skip: noBrowser }, async (t) => {
  const { openAs, faults } = await evalsSceneOf(t);
  const page = await openAs("/metrics");
  const dialog = page.getByRole("dialog");
  await page.getByText("No metric yet").waitFor();
  await page.getByRole("button", { name: "Create a metric" }).first().click();
  await dialog.getByLabel("Name").fill("a number");
  await dialog.getByLabel("Kind").selectOption("regex");
  await dialog.getByLabel("Pattern").fill("(");
  await dialog.getByRole("button", { name: "Create" }).click();
  await dialog.getByLabel("Pattern").and(page.locator("[aria-invalid=true]")).waitFor();
  await assertAccessible(page);
  await screenshot(page, "metric-create");
  faults.length = 0; // The refusal that was asked for.
  await dialog.getByLabel("Pattern").fill("[0-9]+");
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByText("The pattern matches somewhere in the output.").waitFor();
  await assertAccessible(page);
  await screenshot(page, "metrics");

  await page.getByRole("link", { name: "Models" }).click();
  await page.getByRole("button", { name: "Add a model" }).first().click();
  await dialog.getByLabel("Name").fill("small");
  await dialog.getByLabel("Model id").fill("gpt-small");
  await dialog.getByLabel("Key", { exact: true }).fill("sk-very-secret");
  await dialog.getByLabel("Price of input").fill("2.50");
  await dialog.getByRole("button", { name: "Add" }).click();
  await page.getByRole("cell", { name: "gpt-small" }).waitFor();
  await page.getByRole("cell", { name: "stored" }).waitFor();
  await page.getByLabel("To judge").selectOption("small");
  await page.getByRole("button", { name: "Edit" }).click();
  await dialog.getByPlaceholder("stored; empty keeps it").waitFor();
  await dialog.getByLabel("Price of output").fill("10");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("cell", { name: "2.5 / 10" }).waitFor();
  assert.equal((await page.content()).includes("sk-very-secret"), false);
  await assertAccessible(page);
  await screenshot(page, "models");
  assert.deepEqual(faults, []);
});
