import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { assertAccessible } from "../../../web/accessible.ts";

/** What can be operated, and a mouse-only thing among them. Roving groups are entered by Tab and walked by arrows. */
const census = `(() => {
  const operable = "a[href], button, input, select, textarea, summary, [tabindex]";
  const seen = (element) => element.checkVisibility({ opacityProperty: false, visibilityProperty: true }) && element.getClientRects().length > 0;
  const elements = [...document.querySelectorAll(operable)].filter((element) =>
    seen(element) && !element.disabled && element.tabIndex >= 0 && element.type !== "hidden");
  const groups = new Set();
  const wanted = elements.filter((element) => {
    if (element.type !== "radio") return true;
    if (groups.has(element.name)) return false;
    const chosen = document.querySelector('input[type=radio][name="' + element.name + '"]:checked');
    if (chosen !== null && chosen !== element) return false;
    groups.add(element.name);
    return true;
  });
  wanted.forEach((element, at) => element.setAttribute("data-census", String(at)));
  const mouseOnly = [...document.querySelectorAll("body *")].filter((element) =>
    seen(element) && getComputedStyle(element).cursor === "pointer"
    && element.closest(operable + ", label, [role=option], [role=menuitem]") === null
    && element.querySelector(operable) === null
    // A row leads where its link leads.
    && element.closest("tr[data-leads]") === null);
  return { wanted: wanted.length, mouseOnly: mouseOnly.map((element) => element.outerHTML.slice(0, 200)) };
})()`;

/** The focused element's number, and whether one sees that it is focused: on itself or on what is drawn for it. */
const focused = `(() => {
  const element = document.activeElement;
  const drawn = [element, element.parentElement, element.nextElementSibling, ...element.parentElement?.children ?? [],
                 ...element.labels ?? [], element.closest("label")];
  const shows = drawn.some((one) => {
    if (!one) return false;
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none"
      || (/^(INPUT|SELECT|TEXTAREA)$/.test(one.tagName) && one.matches(":focus-visible") && style.borderColor !== "");
  });
  return { at: Number(element.getAttribute("data-census") ?? -1), shows, html: element.outerHTML.slice(0, 200) };
})()`;

/** Everything of a page is reached by the Tab key, and seen to be. @returns how many things that is */
export async function assertReachable(page: Page): Promise<number> {
  const { wanted, mouseOnly } = (await page.evaluate(census)) as { wanted: number; mouseOnly: string[] };
  assert.deepEqual(mouseOnly, [], `${page.url()}: only a mouse reaches these`);
  assert.ok(wanted > 3, `${page.url()} has ${wanted} things to operate`);
  await page.evaluate("document.activeElement.blur(), window.scrollTo(0, 0)");
  const reached = new Set<number>();
  for (let press = 0; press < wanted + 30 && reached.size < wanted; press += 1) {
    await page.keyboard.press("Tab");
    const { at, shows, html } = (await page.evaluate(focused)) as {
      at: number;
      shows: boolean;
      html: string;
    };
    if (at < 0) continue;
    reached.add(at);
    assert.ok(shows, `${page.url()}: one does not see that this has the focus: ${html}`);
  }
  const missed: string[] = [];
  for (let at = 0; at < wanted; at += 1) {
    if (reached.has(at)) continue;
    const one = page.locator(`[data-census="${at}"]`);
    // What was drawn anew meanwhile is another element.
    if ((await one.count()) > 0)
      missed.push(await one.evaluate("(element) => element.outerHTML.slice(0, 200)"));
  }
  assert.deepEqual(missed, [], `${page.url()}: Tab does not reach these`);
  return wanted;
}

/**
 * Presses each button of a page by Enter. What it opens has the focus, pleases axe, is closed by Escape, and gives the focus
 * back. @returns how many were pressed and how many opened something
 */
export async function pressButtons(page: Page): Promise<{ pressed: number; opened: number }> {
  const url = page.url();
  const buttons = page.locator("button:visible:enabled, [role=button]:visible");
  const count = await buttons.count();
  let pressed = 0;
  let opened = 0;
  for (let at = 0; at < count; at += 1) {
    const button = buttons.nth(at);
    if ((await button.count()) === 0) break;
    const name = (await button.getAttribute("aria-label")) ?? (await button.textContent()) ?? "";
    if ((await button.getAttribute("tabindex")) === "-1") continue;
    await button.focus();
    await page.keyboard.press("Enter");
    pressed += 1;
    const popup = page.locator("[role=dialog]:visible, [role=menu]:visible").first();
    if (
      await popup.waitFor({ timeout: 400 }).then(
        () => true,
        () => false,
      )
    ) {
      opened += 1;
      const within = page.locator(
        "[role=dialog] :focus, [role=dialog]:focus, [role=menu] :focus, [role=menu]:focus",
      );
      await within
        .first()
        .waitFor({ state: "attached", timeout: 2_000 })
        .catch(() => assert.fail(`${url}: what "${name}" opens does not take the focus`));
      await assertAccessible(page);
      await page.keyboard.press("Escape");
      const closes = popup.waitFor({ state: "hidden", timeout: 1_000 });
      // The first closes the list of a field within it.
      await closes.catch(() => page.keyboard.press("Escape"));
      await popup
        .waitFor({ state: "hidden", timeout: 2_000 })
        .catch(() => assert.fail(`${url}: Escape does not close what "${name}" opens`));
      const back = await button
        .and(page.locator(":focus"))
        .waitFor({ timeout: 2_000 })
        .then(
          () => true,
          () => false,
        );
      assert.ok(back, `${url}: after Escape "${name}" does not have the focus again`);
    }
    if (page.url() !== url) {
      await page.goto(url);
      await page.getByRole("heading", { level: 1 }).waitFor();
    }
  }
  return { pressed, opened };
}
