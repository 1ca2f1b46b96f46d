import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { EvalsScene } from "../../../web/evals-scene.ts";

/** What people do most, by keys alone. @returns what was done, as words */
export async function withoutMouse({ world, openAs }: EvalsScene): Promise<string> {
  const page = await openAs("/overview");
  await page.evaluate("document.activeElement.blur()");

  await tabTo(page, "Jobs");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
  await tabTo(page, "Launch a job");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo(page, "Task");
  await page.keyboard.type("report");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await tabTo(page, "Payload");
  await page.keyboard.press("Control+A");
  await page.keyboard.type('{"account": "By keys", "pages": 2}');
  await tabTo(page, "Launch");
  await page.keyboard.press("Enter");
  await page.waitForURL(/jobs\/[0-9a-f-]{36}/);
  await page.getByText('"By keys"').first().waitFor();

  await page.goto(`${world.api.url}/dashboard/jobs?state=running`);
  await page.getByRole("link", { name: /^crawl/ }).waitFor();
  await tabTo(page, /^Choose [0-9a-f-]{36}/);
  await page.keyboard.press("Space");
  await page.getByText("1 job chosen").waitFor();
  await tabTo(page, "Cancel chosen", true);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Cancel 1 job" }).and(page.locator(":enabled")).waitFor();
  await tabTo(page, "Cancel 1 job");
  await page.keyboard.press("Enter");
  await page.getByText("1 job cancelled or told to stop.").waitFor();

  await page.goto(`${world.api.url}/dashboard/jobs?state=failed`);
  await page
    .getByRole("link", { name: /^import/ })
    .nth(2)
    .waitFor();
  await tabTo(page, /^import/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate("document.activeElement.dataset.rowLink"), "2");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Why" }).waitFor();

  await page.goto(`${world.api.url}/dashboard/pauses`);
  await tabTo(page, "Reason");
  await page.keyboard.type("by keys");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo(page, "Pause all tasks");
  await page.keyboard.press("Enter");
  await page.getByRole("cell", { name: "by keys" }).waitFor();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await tabTo(page, "Resume all tasks");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo(page, "Resume all tasks");
  await page.keyboard.press("Enter");
  await page.getByRole("cell", { name: "by keys" }).waitFor({ state: "hidden" });
  await page.context().close();
  return "a job launched, one chosen and cancelled, one found and read, all tasks paused and resumed";
}

/** Presses Tab, or Shift and Tab, until what has this name has the focus. */
async function tabTo(page: Page, name: string | RegExp, backwards = false): Promise<void> {
  for (let press = 0; press < 120; press += 1) {
    await page.keyboard.press(backwards ? "Shift+Tab" : "Tab");
    const named = (await page.evaluate(`(() => {
      const element = document.activeElement;
      return (element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent ?? "").replace(/ \\*$/, "").trim();
    })()`)) as string;
    if (typeof name === "string" ? named === name : name.test(named)) return;
  }
  assert.fail(`${page.url()}: Tab does not come to ${String(name)}`);
}
