import type { TestContext } from "node:test";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Person } from "../api/support.ts";
import { type Answering, type Bot, serveBot } from "../evals/bot.ts";
import { type EvalsWorld, startEvals } from "../evals/support.ts";
import { startTestWorker } from "../helpers/worker.ts";
import { screenshot, signIn } from "./browser.ts";
import { buildDashboard } from "./built.ts";
import { watchFaults } from "./faults.ts";

export type EvalsScene = {
  world: EvalsWorld;
  /** The product under test. */
  bot: Bot;
  /** A page in which someone, the north's owner if not said, is signed in. */
  openAs(path: string, who?: Person, options?: BrowserContextOptions): Promise<Page>;
  /** What pages complained of so far. */
  faults: string[];
};

/**
 * The dashboard over an API with the application, a worker with its tasks and a bot, in a real browser.
 * @param env settings of the worker, beside those of all tests
 */
export async function evalsSceneOf(
  t: TestContext,
  answer?: Answering,
  env: Record<string, string> = {},
): Promise<EvalsScene> {
  await buildDashboard();
  const world = await startEvals();
  t.after(() => world.stop());
  const bot = await serveBot(answer);
  t.after(() => bot.close());
  const worker = await startTestWorker(world.db, {
    ROWLOCK_EVALS: "on",
    ALLOW_INTERNAL_ADDRESSES: process.env.ALLOW_INTERNAL_ADDRESSES ?? "",
    SECRET_KEYS: process.env.SECRET_KEYS ?? "",
    ...env,
  });
  t.after(() => worker.stop());
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  const opened: Page[] = [];
  t.after(async () => {
    // What was there at last, for whoever looks why a test failed.
    const [page] = opened.filter((one) => !one.isClosed());
    if (page !== undefined) await screenshot(page, "evals-last").catch(() => undefined);
    await browser.close();
  });
  const faults: string[] = [];
  return {
    world,
    bot,
    faults,
    async openAs(path, who = world.north.owner, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 850 }, ...options });
      const page = await context.newPage();
      opened.push(page);
      page.setDefaultTimeout(15_000);
      watchFaults(page, faults);
      await page.goto(`${world.api.url}/dashboard/`);
      await signIn(page, who.token);
      await page.goto(`${world.api.url}/dashboard${path}`);
      return page;
    },
  };
}
