import assert from "node:assert/strict";
import { test } from "node:test";
import { reply } from "../evals/bot.ts";
import { create, createSet } from "../evals/support.ts";
import { assertAccessible } from "./accessible.ts";
import { noBrowser, screenshot, signIn } from "./browser.ts";
import { evalsSceneOf } from "./evals-scene.ts";

test("a run is executed, followed to its end, looked into, and compared", { skip: noBrowser }, async (t) => {
  let better = false;
  const { world, bot, openAs, faults } = await evalsSceneOf(t, async (input, response) => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const wrong = input === "three" && !better;
    if (input === "four" && !better) reply(response, { error: "broken" }, 500);
    else reply(response, { output: wrong ? "drei" : input });
  });
  const owner = world.north.owner;
  await create(world, owner, "endpoints", { name: "Echo bot", url: bot.url });
  await create(world, owner, "metrics", { name: "the very text", kind: "exact" });
  const inputs = ["one", "two", "three", "four", "five", "six"];
  await createSet(
    world,
    owner,
    inputs.map((input) => ({ input, expected: input, category: "numbers", tags: ["small"] })),
  );

  const page = await openAs("/test-runs");
  await page.getByRole("heading", { name: "Test runs", level: 1 }).waitFor();
  await page.getByText("No run yet").waitFor();
  await page.getByRole("button", { name: "Execute" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Concurrency").fill("5000");
  await dialog.getByRole("button", { name: "Execute" }).click();
  await dialog.getByText(/1000/).waitFor();
  await assertAccessible(page);
  await screenshot(page, "test-runs-execute");
  await dialog.getByLabel("Concurrency").fill("2");
  faults.length = 0; // The refusal that was asked for.
  await dialog.getByRole("button", { name: "Execute" }).click();

  // The run's page moves to the end by itself.
  await page.waitForURL(/test-runs\/[0-9a-f-]{36}/);
  await page.getByRole("heading", { name: "Progress" }).waitFor();
  await page.getByRole("heading", { name: "Outcome" }).waitFor();
  await page
    .getByRole("progressbar", { name: "Tests that have ended" })
    .and(page.locator("[aria-valuenow='100']"))
    .waitFor();
  await page.getByText("partial").first().waitFor();
  const first = page.url();
  await assertAccessible(page);
  await screenshot(page, "test-run");

  await page
    .getByRole("radio", { name: "failed" })
    .locator("..")
    .getByText("failed", { exact: true })
    .click();
  await page.getByRole("link", { name: "three" }).click();
  const result = page.getByRole("dialog");
  await result.getByText("drei").first().waitFor();
  await result.getByText("the very text").waitFor();
  await result.getByRole("link", { name: "Its job" }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "test-run-result");
  await page.keyboard.press("Escape");

  better = true;
  await page.getByRole("button", { name: "Retry what errored" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Retry 1 test" }).click();
  await page.getByText("completed").first().waitFor();

  const exported = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("menuitem", { name: "As CSV" }).click();
  assert.match((await exported).suggestedFilename(), /^test-run-.*\.csv$/);

  // Another run, better than the first.
  await page.goto(`${world.api.url}/dashboard/test-runs`);
  await page.getByRole("button", { name: "Execute" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Execute" }).click();
  await page.waitForURL(/test-runs\/[0-9a-f-]{36}/);
  await page.getByRole("heading", { name: "Outcome" }).waitFor();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Compare" }).click();
  await page.getByText("0 tests regressed, 1 test fixed").waitFor();
  await assertAccessible(page);
  await screenshot(page, "test-run-compare");
  await page.getByRole("button", { name: "before: failed" }).click();
  await page.getByRole("dialog").getByText("drei").first().waitFor();
  assert.ok(page.url().startsWith(first.split("?")[0] ?? ""));

  // Whoever signs in next in the same tab sees nothing of what was read before.
  await page.goto(first);
  await page.getByRole("link", { name: "three" }).waitFor();
  await page.getByRole("button", { name: /^Account:/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await signIn(page, world.south.owner.token);
  await page.getByText("There is no such run in your organization").waitFor();
  assert.doesNotMatch((await page.textContent("body")) ?? "", /three/);

  const small = await openAs("/test-runs", owner, {
    viewport: { width: 375, height: 800 },
    colorScheme: "dark",
  });
  await small
    .getByRole("link", { name: /test-sets/ })
    .first()
    .waitFor();
  const wide = await small.evaluate("document.documentElement.scrollWidth");
  assert.ok(Number(wide) <= 375, `the page is ${String(wide)} px wide`);
  await assertAccessible(small);
  await screenshot(small, "test-runs-375-dark");
  assert.deepEqual(faults, []);
});
