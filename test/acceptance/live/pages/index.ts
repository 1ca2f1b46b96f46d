import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { issueOperatorToken } from "../../../../src/tenancy/index.ts";
import { assertAccessible } from "../../../web/accessible.ts";
import { screenshot } from "../../../web/browser.ts";
import { evalsSceneOf } from "../../../web/evals-scene.ts";
import { tasks } from "../walk/index.ts";
import { allPages } from "./addresses.ts";
import { fill } from "./filled.ts";
import { firstLoad } from "./first-load.ts";
import { assertReachable, pressButtons } from "./keyboard.ts";
import { withoutMouse } from "./without-mouse.ts";

/**
 * Every page, with something on it, light and wide, and small and dark: axe looks, the keyboard reaches all of it and opens
 * and closes what opens; the main actions are done without a mouse; the first page is weighed.
 */
export async function everyPage(t: TestContext): Promise<string> {
  const scene = await evalsSceneOf(t, undefined, { TASKS_DIR: tasks });
  const addresses = allPages(await fill(scene));
  const total = { things: 0, pressed: 0, opened: 0 };

  const load = await firstLoad(scene);
  const operator = await issueOperatorToken(scene.world.settings, { name: "olga", expiresIn: "1h" });
  const openBoth = async (options: BrowserContextOptions) => {
    const page = await scene.openAs("/overview", scene.world.north.owner, options);
    // Operators' pages have a sign-in of their own, in the same tab.
    await page.evaluate(`sessionStorage.setItem("rowlock.operator", ${JSON.stringify(operator)})`);
    return page;
  };

  const small = await openBoth({ viewport: { width: 375, height: 740 }, colorScheme: "dark" });
  for (const address of addresses) {
    await open(small, address);
    await assertAccessible(small);
    const width = Number(await small.evaluate("document.documentElement.scrollWidth"));
    assert.ok(width <= 375, `${address} is ${width} px wide on a window of 375`);
    await screenshot(small, `page${address.replaceAll(/[/]|[0-9a-f-]{36}/g, "-")}-small-dark`);
  }
  await small.context().close();

  const page = await openBoth({});
  for (const address of addresses) {
    await open(page, address);
    // So that nothing is drawn anew while it is walked through.
    await page.getByRole("button", { name: /pause live updates/ }).click();
    await assertAccessible(page);
    await screenshot(page, `page${address.replaceAll(/[/]|[0-9a-f-]{36}/g, "-")}`);
    total.things += await assertReachable(page);
    assert.deepEqual(scene.faults, []);
    const { pressed, opened } = await pressButtons(page);
    // A form that is sent empty is refused, which the browser notes.
    const refused = /status of 4(00|22)/;
    assert.deepEqual(
      scene.faults.splice(0).filter((fault) => !refused.test(fault)),
      [],
    );
    total.pressed += pressed;
    total.opened += opened;
  }
  await page.context().close();
  assert.deepEqual(scene.faults, []);
  assert.ok(total.opened > 15, `${total.opened} buttons opened something`);

  const actions = await withoutMouse(scene);
  return `${addresses.length} pages, light and dark, wide and small: no serious finding of axe; ${total.things} things reached by Tab, ${total.pressed} buttons pressed by Enter, ${total.opened} of which opened and gave the focus back; without a mouse: ${actions}; ${load}`;
}

async function open(page: Page, address: string): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/dashboard${address}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page
    .getByText(/^Reading .* …$/)
    .first()
    .waitFor({ state: "hidden" });
  await page.waitForTimeout(300); // What follows its first answer is drawn.
}
