import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { assertAccessible } from "../../web/accessible.ts";
import { screenshot, signIn } from "../../web/browser.ts";
import { watchFaults } from "../../web/faults.ts";

const wantedRows = 5_000;
/** Rows that a browser may be given to draw at a time, whatever there is. */
const mostDrawn = 150;
const longestMs = 60_000;

type Seen = { last: number; drawn: number; known: number };

/**
 * Turns the wheel over the list of jobs until thousands have passed, in a real browser.
 * @returns how far it came, as one line
 */
export async function scrollJobs(dashboard: string, token: string): Promise<string> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 850 } });
    const faults: string[] = [];
    watchFaults(page, faults);
    await page.goto(dashboard);
    await signIn(page, token);
    await page.goto(`${dashboard}/jobs`);
    await page.getByRole("table").waitFor();
    await page.evaluate(`globalThis.stalls = [];
      new PerformanceObserver((list) => stalls.push(...list.getEntries().map((entry) => entry.duration)))
        .observe({ type: "longtask", buffered: false });`);
    await page.mouse.move(640, 500);

    const began = performance.now();
    let seen: Seen = { last: 0, drawn: 0, known: 0 };
    let mostSeen = 0;
    while (seen.last < wantedRows && performance.now() - began < longestMs) {
      await page.mouse.wheel(0, 800);
      await page.waitForTimeout(16);
      seen = (await page.evaluate(`(() => {
        const rows = [...document.querySelectorAll("tbody tr[aria-rowindex]")];
        const inWindow = rows.filter((row) => { const { top, bottom } = row.getBoundingClientRect(); return bottom > 0 && top < innerHeight; });
        return { last: Number(inWindow.at(-1)?.getAttribute("aria-rowindex") ?? 0), drawn: rows.length,
                 known: Number(document.querySelector("table").getAttribute("aria-rowcount")) };
      })()`)) as Seen;
      mostSeen = Math.max(mostSeen, seen.drawn);
    }
    const seconds = (performance.now() - began) / 1_000;
    const stalls = ((await page.evaluate("stalls")) as number[]).sort((a, b) => a - b);
    const longest = stalls.at(-1) ?? 0;
    await screenshot(page, "jobs-of-a-million-scrolled", "window");
    await assertAccessible(page);

    // And back, by one key.
    await page.locator("[data-row-link]").last().focus();
    await page.keyboard.press("Home");
    await page.locator("[data-row-link='0']").and(page.locator(":focus")).waitFor();

    const line = `scrolled ${seen.last} of ${seen.known - 1} rows in ${seconds.toFixed(1)} s, at most ${mostSeen} drawn, ${stalls.length} stalls of over 50 ms, the longest ${longest.toFixed(0)}`;
    assert.deepEqual(faults, []);
    assert.ok(seen.last >= wantedRows, line);
    assert.ok(mostSeen <= mostDrawn, line);
    assert.ok(longest < 300, line);
    return line;
  } finally {
    await browser.close();
  }
}
