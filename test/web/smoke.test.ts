import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible } from "./accessible.ts";
import { launch, noBrowser, sceneOf, screenshot, signIn } from "./browser.ts";

test("a member signs in by a token and comes to the jobs", { skip: noBrowser }, async (t) => {
  const { world, open, faults } = await sceneOf(t);
  const page = await open("/");
  await screenshot(page, "sign-in");
  await assertAccessible(page);
  await page.getByLabel("API key or token").fill("not a token");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page
    .getByText(/token|key/i)
    .first()
    .waitFor();
  faults().length = 0; // The 401 that was asked for.

  await launch(world, "report", { account: "Northwind", pages: 3 });
  await signIn(page, world.north.owner.token);
  await page.getByRole("link", { name: "Jobs" }).click();
  await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "jobs-smoke");
  assert.deepEqual(faults(), []);
});
