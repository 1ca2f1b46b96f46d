import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible } from "./accessible.ts";
import { noBrowser, sceneOf, screenshot } from "./browser.ts";

const report = (account: string, more: object = {}) => ({
  task: "report",
  payload: { account, pages: 1 },
  ...more,
});

test("a batch shows its progress, its graph and its jobs, and is cancelled", {
  skip: noBrowser,
}, async (t) => {
  const { world, openAs, faults } = await sceneOf(t);
  const { data, errors } = await world.graphql(
    world.north.owner,
    "mutation($input: LaunchBatchInput!) { launchBatch(input: $input) { batch { id } } }",
    {
      input: {
        name: "quarter",
        runAt: new Date(Date.now() + 3_600_000).toISOString(),
        jobs: [
          report("Northwind", { name: "first" }),
          report("Contoso", { name: "second" }),
          report("Fabrikam", { name: "third", dependsOn: ["first", "second"] }),
          report("Adatum", { dependsOn: ["third"] }),
          report("Lucerne"),
        ],
        onComplete: { task: "report", payload: { account: "all", pages: 1 } },
      },
    },
  );
  assert.deepEqual(errors, []);
  const { launchBatch } = data as { launchBatch: { batch: { id: string } } };

  const page = await openAs("/batches");
  await page.getByRole("link", { name: "quarter" }).waitFor();
  await page.getByText(/3 scheduled/).waitFor();
  await assertAccessible(page);
  await screenshot(page, "batches");
  await page.getByRole("link", { name: "quarter" }).click();
  await page.waitForURL(`**/batches/${launchBatch.batch.id}`);
  await page.locator(".react-flow__node").nth(3).waitFor();
  await page.getByText("not launched yet").waitFor();
  await page.waitForTimeout(300); // The graph moves into view.
  await assertAccessible(page);
  await screenshot(page, "batch");
  await page.getByRole("button", { name: "Show as a list" }).click();
  await page.getByRole("list", { name: "Jobs and what they wait for" }).waitFor();
  await page.setViewportSize({ width: 375, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await screenshot(page, "batch-narrow-dark");
  await assertAccessible(page);

  await page.getByRole("button", { name: "Cancel all" }).click();
  await page.getByRole("button", { name: "Cancel 5 jobs" }).click();
  await page.getByText(/5 cancelled/).waitFor();
  await page.getByRole("link", { name: "Look at its job" }).waitFor();
  assert.deepEqual(faults(), []);
});
