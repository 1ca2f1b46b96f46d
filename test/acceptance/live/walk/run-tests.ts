import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { create, createSet } from "../../../evals/support.ts";
import { screenshot } from "../../../web/browser.ts";
import type { Walk } from "./index.ts";

const tests = 120;
/** Every twelfth from the fifth: see `answer`. */
const errored = 10;

/** Launches a test run, watches it, looks into a failed result, retries what errored, and compares with the run before. */
export const runTests: Walk = async ({ world, bot, openAs }, product) => {
  const owner = world.north.owner;
  await create(world, owner, "endpoints", { name: "Support bot", url: bot.url });
  await create(world, owner, "metrics", { name: "the very text", kind: "exact" });
  const questions = Array.from({ length: tests }, (_, at) => `Question ${at}`);
  await createSet(
    world,
    owner,
    questions.map((input) => ({ input, expected: input })),
  );

  const page = await openAs("/overview");
  await screenshot(page, "walk-01-signed-in");
  await page.getByRole("link", { name: "Test runs" }).click();
  const bar = await launchRun(page);
  await screenshot(page, "walk-02-run-under-way");
  await page.getByRole("heading", { name: "Outcome" }).waitFor();
  const moved = await bar.ended();
  await screenshot(page, "walk-03-run-ended");

  await page.getByText("failed", { exact: true }).and(page.locator("label *")).first().click();
  await page.getByRole("link", { name: "Question 3", exact: true }).click();
  const result = page.getByRole("dialog");
  await result.getByText("I do not know").first().waitFor();
  await result.getByText("the very text").first().waitFor();
  await screenshot(page, "walk-04-failed-result");
  await page.keyboard.press("Escape");

  product.mended = true;
  await page.getByRole("button", { name: "Retry what errored" }).click();
  await page.getByRole("button", { name: `Retry ${errored} tests` }).click();
  await page.getByText("completed", { exact: true }).first().waitFor();
  await screenshot(page, "walk-05-errored-retried");

  await page.getByRole("link", { name: "Test runs" }).click();
  await (await launchRun(page)).ended();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Compare" }).click();
  await page.getByText(/^0 tests regressed, \d+ tests fixed/).waitFor();
  const compared = await page.getByText(/^0 tests regressed, \d+ tests fixed/).textContent();
  await screenshot(page, "walk-06-compared");
  await page.context().close();
  return `a bar of ${tests} tests moved ${moved} times to its end, ${errored} errored retried, compared: ${compared}`;
};

type Bar = {
  /** Waits for its end. @returns how often it moved; the page was not loaded again, and the bar never went back */
  ended(): Promise<number>;
};

/** Executes the first test set against the first endpoint, and notes each place of the bar on the run's page. */
async function launchRun(page: Page): Promise<Bar> {
  await page.evaluate("globalThis.sameDocument = true");
  await page.getByRole("button", { name: "Execute" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Execute" }).click();
  await page.waitForURL(/test-runs\/[0-9a-f-]{36}/);
  const bar = page.getByRole("progressbar", { name: "Tests that have ended" });
  await bar.waitFor();
  await page.evaluate(`globalThis.places = [];
    const note = () => {
      const now = Number(document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow"));
      if (now !== places.at(-1)) places.push(now);
    };
    note();
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributeFilter: ["aria-valuenow"] });`);
  return {
    async ended() {
      await bar.and(page.locator("[aria-valuenow='100']")).waitFor({ timeout: 60_000 });
      const places = (await page.evaluate("places")) as number[];
      assert.equal(await page.evaluate("globalThis.sameDocument"), true);
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
      );
      assert.ok(places.length >= 5, `The bar stood at ${places.join(", ")} only.`);
      return places.length - 1;
    },
  };
}
