import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Page } from "playwright-core";
import { until } from "../../helpers/jobs.ts";
import { launch, type Scene, sceneOf, screenshot } from "../../web/browser.ts";

const mostClicks = 3;
const key = "customers of March";
const why = /Line 4 of customers\.csv has 4 columns and not 5\. Mend the file/;

/** The ways from the first page to why a given job failed; each begins after signing in, and clicks what is there to see. */
const ways: Record<string, (page: Page) => Promise<void>> = {
  "by the state": async (page) => {
    await page
      .getByRole("navigation", { name: "Jobs by state" })
      .getByRole("link", { name: /failed/ })
      .click();
    await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
    await screenshot(page, "newcomer-by-the-state-1");
    await page
      .getByRole("row", { name: new RegExp(key) })
      .getByRole("link")
      .click();
  },
  "by the error": async (page) => {
    await page.getByRole("link", { name: "6 jobs" }).click();
    await page.getByRole("button", { name: /Only one error/ }).waitFor();
    await screenshot(page, "newcomer-by-the-error-1");
    await page
      .getByRole("row", { name: new RegExp(key) })
      .getByRole("link")
      .click();
  },
  "by its key": async (page) => {
    await page.getByRole("link", { name: "Jobs", exact: true }).click();
    await page.getByLabel("Key").click();
    await page.keyboard.type(key);
    await page.waitForURL(/key=/);
    await page.getByRole("row", { name: new RegExp(key) }).waitFor();
    await screenshot(page, "newcomer-by-its-key-1");
    await page
      .getByRole("row", { name: new RegExp(key) })
      .getByRole("link")
      .click();
  },
};

/** Finds why one of many jobs failed, in three ways, and counts the clicks. @returns the counts */
export async function findWhy(t: TestContext): Promise<string> {
  const scene = await sceneOf(t);
  await failSome(scene);
  const clicks: string[] = [];
  for (const [name, go] of Object.entries(ways)) {
    const page = await scene.openAs("/overview");
    await page.getByRole("heading", { name: "Why jobs failed" }).waitFor();
    // Kept by the window, which is the same through all pages.
    await page.evaluate(`globalThis.clicks = 0; addEventListener("click", () => { clicks += 1; }, true);`);
    await screenshot(page, `newcomer-${name.replaceAll(" ", "-")}-0`);
    await go(page);
    const told = page.getByRole("region", { name: "Why" });
    await told.waitFor();
    assert.match((await told.textContent()) ?? "", why);
    assert.match((await page.textContent("main")) ?? "", new RegExp(key));
    await screenshot(page, `newcomer-${name.replaceAll(" ", "-")}-2`);
    const took = Number(await page.evaluate("clicks"));
    assert.ok(took >= 1 && took <= mostClicks, `${name} took ${took} clicks`);
    clicks.push(`${took} ${name}`);
    await page.context().close();
  }
  assert.deepEqual(scene.faults(), []);
  return `clicks to why: ${clicks.join(", ")}`;
}

/** Six jobs that failed alike, one of them known by its key, among others that went well. */
async function failSome({ world }: Scene): Promise<void> {
  for (let line = 1; line <= 6; line += 1)
    await launch(world, "import", { file: "customers.csv", line }, line === 4 ? { key } : {});
  for (let pages = 1; pages <= 20; pages += 1) await launch(world, "report", { account: "Northwind", pages });
  await until(
    () => world.graphql(world.north.owner, `{ countMatchingJobs(states: ["succeeded", "failed"]) }`),
    ({ data }) => data?.countMatchingJobs === "26",
  );
}
