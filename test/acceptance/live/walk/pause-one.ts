import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { launch, screenshot } from "../../../web/browser.ts";
import type { EvalsScene } from "../../../web/evals-scene.ts";
import type { Walk } from "./index.ts";

/** Two organizations launch all the time; one is paused: its line of ended jobs stops, and the other's goes on. */
export const pauseOne: Walk = async ({ world, openAs }) => {
  const load = steadyLoad(world, 100);
  try {
    const north = await openAs("/overview");
    const south = await openAs("/overview", world.south.owner);
    await assertMoves(north);
    await assertMoves(south);

    const pauses = await openAs("/pauses");
    await pauses.getByLabel("Reason").fill("a walk through");
    await pauses.getByRole("button", { name: "Pause all tasks" }).click();
    await pauses.getByRole("dialog").getByRole("button", { name: "Pause all tasks" }).click();
    await pauses.getByRole("cell", { name: "a walk through" }).waitFor();
    // It takes effect within half a second, and the overview looks every two.
    await sleep(3_000);

    const from = { north: await ended(north), south: await ended(south), waiting: await waiting(north) };
    await sleep(6_000);
    const to = { north: await ended(north), south: await ended(south), waiting: await waiting(north) };
    await screenshot(north, "walk-12-paused", "window");
    await screenshot(south, "walk-13-goes-on", "window");
    assert.equal(to.north, from.north);
    assert.ok(to.waiting > from.waiting + 10, `${from.waiting} waited, then ${to.waiting}`);
    assert.ok(to.south > from.south + 20, `${from.south} had succeeded, then ${to.south}`);

    await pauses.getByRole("button", { name: "Resume all tasks" }).click();
    await pauses.getByRole("dialog").getByRole("button", { name: "Resume all tasks" }).click();
    await pauses.getByText("Nothing is paused").waitFor();
    await assertMoves(north);
    await screenshot(north, "walk-14-resumed", "window");
    for (const page of [north, south, pauses]) await page.context().close();
    return `of two lines one stood for 6 s while paused, the other rose by ${to.south - from.south}`;
  } finally {
    await load.stop();
  }
};

/** Launches a job of each organization every so often. */
function steadyLoad(world: EvalsScene["world"], everyMs: number): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = (async () => {
    for (let at = 0; !stopping.signal.aborted; at += 1) {
      for (const who of [world.north.owner, world.south.owner])
        await launch(world, "report", { account: `Load ${at}`, pages: 1 }, {}, who);
      await sleep(everyMs);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

const count = async (page: Page, state: string): Promise<number> => {
  const text = await page
    .getByRole("link", { name: new RegExp(state) })
    .first()
    .textContent();
  return Number((text ?? "").replace(/\D/g, ""));
};
const ended = (page: Page) => count(page, "succeeded");
const waiting = (page: Page) => count(page, "waiting");

/** The number of ended jobs goes up without anybody's doing. */
async function assertMoves(page: Page): Promise<void> {
  await page.getByRole("navigation", { name: "Jobs by state" }).waitFor();
  const from = await ended(page);
  for (let look = 0; look < 40; look += 1) {
    if ((await ended(page)) > from + 5) return;
    await sleep(250);
  }
  assert.fail(`${from} jobs had succeeded, and 10 s later no more than ${await ended(page)}`);
}
