import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible } from "./accessible.ts";
import { noBrowser, screenshot } from "./browser.ts";
import { evalsSceneOf } from "./evals-scene.ts";

test("a test set is made, filled by hand and by file, and kept", { skip: noBrowser }, async (t) => {
  const { openAs, faults } = await evalsSceneOf(t);
  const page = await openAs("/test-sets");
  await page.getByText("No test set yet").waitFor();
  await assertAccessible(page);
  await page.getByRole("button", { name: "Create a test set" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Capitals");
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "Capitals", level: 1 }).waitFor();

  await page.getByRole("button", { name: "Add a test" }).click();
  await dialog.getByLabel("Input").fill("What is the capital of France?");
  await dialog.getByLabel("Expected output").fill("Paris");
  await dialog.getByRole("button", { name: "Add" }).click();
  await page.getByRole("cell", { name: "What is the capital of France?" }).waitFor();

  await page.getByRole("button", { name: "Add a test" }).click();
  await dialog.getByText("Conversation").click();
  await dialog.getByLabel("Goal").fill("A table for two is booked.");
  await dialog.getByRole("button", { name: "Add" }).click();
  // Without instructions it is refused, at the field.
  await dialog.getByLabel("Instructions").and(page.locator("[aria-invalid=true]")).waitFor();
  await assertAccessible(page);
  await screenshot(page, "test-set-add");
  faults.length = 0;
  await dialog.getByLabel("Instructions").fill("You are in a hurry.");
  await dialog.getByRole("button", { name: "Add" }).click();
  await page.getByRole("cell", { name: "conversation" }).waitFor();

  await page.getByRole("button", { name: "Import a file" }).click();
  await page.locator("input[type=file]").setInputFiles({
    name: "more.jsonl",
    mimeType: "application/x-ndjson",
    buffer: Buffer.from('{"input":"Japan?","expected":"Tokyo"}\n{"expected":"none"}\n{ broken\n'),
  });
  await dialog.getByRole("button", { name: "Import" }).click();
  await dialog.getByText(/^line 2:/).waitFor();
  await dialog.getByText(/^line 3:/).waitFor();
  await assertAccessible(page);
  await screenshot(page, "test-set-import");
  faults.length = 0;
  await page.locator("input[type=file]").setInputFiles({
    name: "more.csv",
    mimeType: "text/csv",
    buffer: Buffer.from("input,expected,tags\nJapan?,Tokyo,asia\n"),
  });
  await dialog.getByRole("button", { name: "Import" }).click();
  await page.getByRole("cell", { name: "Japan?" }).waitFor();
  await page.getByText("3 tests").waitFor();

  const row = page.getByRole("row", { name: /Japan/ });
  await row.getByRole("button", { name: "Edit" }).click();
  await dialog.getByLabel("Expected output").fill("Kyoto");
  await dialog.getByRole("button", { name: "Save" }).click();
  await row.getByText("Kyoto").waitFor();
  await row.getByRole("button", { name: "Remove" }).click();
  await dialog.getByRole("button", { name: "Remove it" }).click();
  await page.getByText("2 tests").waitFor();

  const exported = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("menuitem", { name: "As JSONL" }).click();
  assert.equal((await exported).suggestedFilename(), "Capitals.jsonl");
  await page.getByRole("menu").waitFor({ state: "detached" });
  await assertAccessible(page);
  await screenshot(page, "test-set");
  assert.deepEqual(faults, []);
});
