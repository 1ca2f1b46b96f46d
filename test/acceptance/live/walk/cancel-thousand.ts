import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { screenshot } from "../../../web/browser.ts";
import type { Walk } from "./index.ts";

const stale = 1_000;

/** Finds 1,000 waiting jobs by filters among others, and cancels just these. */
export const cancelThousand: Walk = async ({ world, openAs }) => {
  const owner = world.north.owner;
  const pause = `mutation { pauseJobs(input: { task: "report", reason: "the account system is away" }) { clientMutationId } }`;
  assert.deepEqual((await world.graphql(owner, pause)).errors, []);
  await sleep(1_000); // It takes effect within half a second.
  const said = await world.graphql(
    owner,
    `mutation ($stale: [BatchJobInput!], $fresh: [BatchJobInput!]) {
       stale: launchBatch(input: { name: "last year", jobs: $stale, tags: ["stale"] }) { jobIds }
       fresh: launchBatch(input: { name: "this year", jobs: $fresh }) { jobIds }
     }`,
    { stale: reports(stale), fresh: reports(20) },
  );
  assert.deepEqual(said.errors, []);

  const page = await openAs("/overview");
  await page.getByRole("link", { name: "1,020" }).click();
  await page.waitForURL(/state=waiting/);
  await page.getByLabel("Tag").fill("stale");
  await page.waitForURL(/tag=stale/);
  // The list is that of the filter: those without the tag were launched last, and stood above.
  await page.getByRole("row").nth(1).getByText("stale").waitFor();
  await page.getByRole("button", { name: "Cancel all that match …" }).click();
  await page.getByRole("button", { name: "Cancel 1,000 jobs" }).waitFor();
  await screenshot(page, "walk-07-cancel-1000-asked", "window");
  const began = performance.now();
  await page.getByRole("button", { name: "Cancel 1,000 jobs" }).click();
  await page.getByText("1,000 jobs cancelled or told to stop.").waitFor();
  await page.getByText("No job fits").waitFor();
  const ms = performance.now() - began;
  await screenshot(page, "walk-08-cancelled-1000");
  await page.context().close();

  const left = await world.graphql(
    owner,
    `{ cancelled: countMatchingJobs(task: "report", states: ["cancelled"], tag: "stale")
       waiting: countMatchingJobs(task: "report", states: ["waiting"]) }`,
  );
  assert.deepEqual(left.data, { cancelled: String(stale), waiting: "20" });
  await world.graphql(owner, `mutation { resumeJobs(input: { task: "report" }) { clientMutationId } }`);
  return `1,000 of 1,020 waiting cancelled by filter, told and gone after ${ms.toFixed(0)} ms`;
};

const reports = (many: number) =>
  Array.from({ length: many }, (_, at) => ({
    task: "report",
    payload: { account: `Account ${at}`, pages: 1 },
  }));
