import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../helpers/jobs.ts";
import { assertAccessible } from "./accessible.ts";
import { launch, noBrowser, type Scene, screenshot, startScene } from "./browser.ts";

type Row = { state: string; progressNote: string | null };

let scene: Scene;
const ids: Record<string, string> = {};

before(async () => {
  if (noBrowser !== false) return;
  scene = await startScene();
  const { world } = scene;
  for (let line = 1; line <= 12; line += 1)
    ids.failed = await launch(world, "import", { file: "customers.csv", line }, { tags: ["nightly"] });
  for (let pages = 1; pages <= 30; pages += 1)
    ids.succeeded = await launch(world, "report", { account: "Northwind", pages, apiKey: "sk-do-not-show" });
  ids.later = await launch(
    world,
    "report",
    { account: "Late", pages: 1 },
    { runAt: new Date(Date.now() + 86_400_000).toISOString(), key: "late" },
  );
  ids.blocked = await launch(world, "report", { account: "After", pages: 1 }, { dependsOn: [ids.later] });
  ids.running = await launch(world, "crawl", { site: "rowlock.example" });
  await until(
    async () => {
      const { data } = await world.graphql(
        world.north.owner,
        "{ jobs(first: 100) { nodes { state progressNote } } }",
      );
      return (data as { jobs: { nodes: Row[] } }).jobs.nodes;
    },
    (rows) => {
      const count = (state: string) => rows.filter((row) => row.state === state).length;
      const crawls = rows.some(({ progressNote }) => progressNote !== null);
      return count("failed") === 12 && count("succeeded") === 30 && crawls;
    },
  );
});
after(async () => {
  if (noBrowser === false) await scene[Symbol.asyncDispose]();
});

test("from the overview it is two clicks to why a job failed", { skip: noBrowser }, async () => {
  const page = await scene.openAs("/overview");
  await page.getByText("12 jobs").waitFor();
  await page.waitForTimeout(400);
  await screenshot(page, "overview");
  await assertAccessible(page);
  await page.getByRole("link", { name: /DISCARDED|TASK_FAILED/ }).click();
  const why = page.getByRole("region", { name: "Why" });
  await why.waitFor();
  assert.match((await why.textContent()) ?? "", /has 4 columns and not 5. Mend the file/);
  await screenshot(page, "job-failed");
  await assertAccessible(page);
  await page.getByRole("link", { name: "Jobs that failed alike" }).click();
  await page.getByRole("button", { name: /Only one error/ }).waitFor();
  await page.locator("tbody tr").nth(11).waitFor();
  assert.equal(await page.locator("tbody tr").count(), 12);
  await screenshot(page, "jobs-alike");
  await assertAccessible(page);
  assert.deepEqual(scene.faults(), []);
});

test("filters stand in the address, and secrets stay hidden", { skip: noBrowser }, async () => {
  const page = await scene.openAs("/jobs?state=succeeded&task=report");
  await page
    .getByRole("link", { name: /^report/ })
    .first()
    .waitFor();
  assert.equal(await page.locator("tbody tr").count(), 30);
  await page.getByLabel("Text").fill('"pages": 7');
  await page.waitForURL(/q=/);
  await screenshot(page, "jobs");
  await page.goto(`${scene.world.api.url}/dashboard/jobs/${ids.succeeded}`);
  await page.getByRole("heading", { name: "Result" }).waitFor();
  assert.doesNotMatch((await page.textContent("body")) ?? "", /sk-do-not-show/);
  await page.getByRole("button", { name: "Show secrets" }).click();
  await page.getByText("sk-do-not-show").waitFor();
  assert.deepEqual(scene.faults(), []);
});

test("what the API refuses of a launch stands at the payload", { skip: noBrowser }, async () => {
  const page = await scene.openAs(`/jobs/${ids.succeeded}`);
  await page.getByRole("button", { name: /Run again/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Payload").fill('{"account": "", "pages": 0}');
  await dialog.getByRole("button", { name: "Launch" }).click();
  await dialog.getByText(/\/pages/).waitFor();
  await screenshot(page, "run-again");
  await assertAccessible(page);
  scene.faults().length = 0;
  await dialog.getByLabel("Payload").fill('{"account": "Southwind", "pages": 5}');
  await dialog.getByRole("button", { name: "Launch" }).click();
  await page.getByText('"Southwind"').waitFor();
  assert.deepEqual(scene.faults(), []);
});

test("all that match are counted before they run again", { skip: noBrowser }, async () => {
  const page = await scene.openAs("/jobs?state=failed");
  await page.getByRole("button", { name: "Retry all that match …" }).click();
  await page.getByRole("button", { name: "Retry 12 jobs" }).waitFor();
  await screenshot(page, "bulk");
  await assertAccessible(page);
  await page.getByRole("button", { name: "Retry 12 jobs" }).click();
  await page.getByText("12 jobs run again.").waitFor();
  assert.deepEqual(scene.faults(), []);
});

test("on a small screen, in the dark, and cancelled by the keyboard", { skip: noBrowser }, async () => {
  const small = { viewport: { width: 375, height: 740 }, colorScheme: "dark" as const };
  const page = await scene.openAs(`/jobs/${ids.running}`, undefined, small);
  await page.getByText("page 40 of 100").waitFor();
  await screenshot(page, "job-running-small-dark");
  await assertAccessible(page);
  const width = await page.evaluate("document.documentElement.scrollWidth");
  assert.equal(width, 375);
  await page.getByRole("button", { name: "Cancel", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Cancel 1 job" }).focus();
  await page.keyboard.press("Enter");
  await page.locator('[data-state="cancelled"]').first().waitFor();
  await page.goto(`${scene.world.api.url}/dashboard/overview`);
  await page.getByRole("heading", { name: "Why jobs failed" }).waitFor();
  await screenshot(page, "overview-small-dark");
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 375);
  await page.goto(`${scene.world.api.url}/dashboard/jobs`);
  await page
    .getByRole("link", { name: /^report/ })
    .first()
    .waitFor();
  await screenshot(page, "jobs-small-dark");
  await assertAccessible(page);
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 375);
  assert.deepEqual(scene.faults(), []);
});
