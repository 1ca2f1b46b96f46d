import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { TestWorker } from "../../src/testing/index.ts";
import { type Person, startWorld, type World } from "../api/support.ts";
import { startTestWorker } from "../helpers/worker.ts";
import { buildDashboard } from "./built.ts";
import { watchFaults } from "./faults.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** For `test(name, { skip: noBrowser }, …)`: false, or why a browser test cannot run here. */
export const noBrowser = existsSync(executablePath)
  ? false
  : `there is no browser at ${executablePath}; install chromium or set CHROMIUM`;

const screens = join(import.meta.dirname, "../../.artifacts/screens");

export type Scene = AsyncDisposable & {
  world: World;
  worker: TestWorker;
  /** A page in which nobody is signed in. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** A page in which someone, the north's owner if not said, is signed in. */
  openAs(path: string, who?: Person, options?: BrowserContextOptions): Promise<Page>;
  /** What pages complained of so far: errors, refused by the content security policy, lost requests. */
  faults(): string[];
};

/** The dashboard over an API and a worker with the tasks beside this file, in a real browser. */
export async function startScene(env: Record<string, string> = {}): Promise<Scene> {
  await buildDashboard();
  const world = await startWorld({ ops: true });
  const worker = await startTestWorker(world.db, {
    TASKS_DIR: join(import.meta.dirname, "tasks"),
    ROWLOCK_EVALS: "on",
    ...env,
  });
  const browser: Browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const faults: string[] = [];

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 850 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    watchFaults(page, faults);
    await page.goto(`${world.api.url}/dashboard${path}`);
    return page;
  }

  return {
    world,
    worker,
    open,
    async openAs(path, who = world.north.owner, options = {}) {
      const token = who.token;
      const page = await open("/", options);
      await signIn(page, token);
      // The frame is there: whoever goes on at once would cut off what it was asking.
      if (path !== "/overview") await page.goto(`${world.api.url}/dashboard${path}`);
      return page;
    },
    faults: () => faults,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await worker.stop();
      await world.stop();
    },
  };
}

/** By hand, as a person does. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("API key or token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: /^Account:/ }).waitFor();
}

/** A picture under `.artifacts/screens`, for people to look at: of the whole page, or of what its window shows. */
export async function screenshot(page: Page, name: string, what: "page" | "window" = "page"): Promise<void> {
  mkdirSync(screens, { recursive: true });
  await page.screenshot({ path: join(screens, `${name}.png`), fullPage: what === "page" });
}

/** Launches a job through the API, as a person. @returns its id */
export async function launch(
  world: World,
  task: string,
  payload: unknown,
  more: Record<string, unknown> = {},
  as: Person = world.north.owner,
): Promise<string> {
  const { data, errors } = await world.graphql(
    as,
    "mutation($input: LaunchJobInput!) { launchJob(input: $input) { job { id } } }",
    { input: { task, payload, ...more } },
  );
  assert.deepEqual(errors, []);
  return (data as { launchJob: { job: { id: string } } }).launchJob.job.id;
}

/** Stops the scene when the test file's test ends. */
export async function sceneOf(t: TestContext, env: Record<string, string> = {}): Promise<Scene> {
  const scene = await startScene(env);
  t.after(() => scene[Symbol.asyncDispose]());
  return scene;
}
