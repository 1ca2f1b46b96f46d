import assert from "node:assert/strict";
import { screenshot } from "../../../web/browser.ts";
import type { Walk } from "./index.ts";

/** Makes a schedule for every minute, and stays on its page until it has fired by itself. */
export const scheduleFires: Walk = async ({ world, openAs }) => {
  const page = await openAs("/schedules");
  await page.getByRole("button", { name: "New schedule" }).click();
  await page.getByLabel("Name").fill("each minute");
  await page.getByRole("combobox", { name: "Task" }).click();
  await page.getByRole("option", { name: "report", exact: true }).click();
  await page.getByLabel("Payload (JSON)").fill('{"account": "By the clock", "pages": 1}');
  await page.getByLabel("Expression").fill("* * * * *");
  await page.getByRole("list", { name: "The next five ticks" }).getByRole("listitem").nth(4).waitFor();
  await page.getByText("Every minute").waitFor();
  await screenshot(page, "walk-09-schedule-made");
  await page.getByRole("button", { name: "Create schedule" }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.getByRole("cell", { name: "never" }).waitFor();

  const fired = page.getByRole("row", { name: /each minute/ }).getByRole("link");
  await fired.waitFor({ timeout: 75_000 });
  await screenshot(page, "walk-10-schedule-fired");
  await fired.click();
  await page.getByText('"By the clock"').first().waitFor();
  await page.locator('[data-state="succeeded"]').first().waitFor();
  await screenshot(page, "walk-11-its-job");
  await page.context().close();

  const { data } = await world.graphql(
    world.north.owner,
    `{ schedules(condition: { name: "each minute" }) { nodes { lastAt lastJobId } }
       findJobs(first: 100) { jobs { id createdAt } } }`,
  );
  const { schedules, findJobs } = data as Told;
  const [schedule] = schedules.nodes;
  const job = findJobs.jobs.find(({ id }) => id === schedule?.lastJobId);
  assert.ok(schedule && job);
  const late = (Date.parse(job.createdAt) - Date.parse(schedule.lastAt)) / 1_000;
  assert.ok(late >= 0 && late < 5, `${late} s`);
  return `a schedule fired ${late.toFixed(2)} s after its tick`;
};

type Told = {
  schedules: { nodes: { lastAt: string; lastJobId: string }[] };
  findJobs: { jobs: { id: string; createdAt: string }[] };
};
