import assert from "node:assert/strict";
import { create, createSet, execute, getRun } from "../../../evals/support.ts";
import { until } from "../../../helpers/jobs.ts";
import { launch } from "../../../web/browser.ts";
import type { EvalsScene } from "../../../web/evals-scene.ts";

/** By the parameters of the pages' routes: `/jobs/:id`. */
export type Ids = {
  organizations: string;
  jobs: string;
  batches: string;
  "test-runs": string;
  "test-sets": string;
  other: string;
};

/** Something of everything in the north, so that no page is empty. */
export async function fill({ world, bot }: EvalsScene): Promise<Ids> {
  const owner = world.north.owner;
  const endpointId = await create(world, owner, "endpoints", { name: "Support bot", url: bot.url });
  await create(world, owner, "metrics", { name: "the very text", kind: "exact" });
  const testSetId = await createSet(
    world,
    owner,
    ["one", "two", "three", "four"].map((input) => ({ input, expected: input, category: "numbers" })),
  );
  const runs: string[] = [];
  for (let run = 0; run < 2; run += 1) {
    const { id } = await execute(world, owner, { testSetId, endpointId });
    await until(
      () => getRun(world, owner, id),
      ({ state }) => ["completed", "partial"].includes(state),
    );
    runs.push(id);
  }

  for (let line = 1; line <= 5; line += 1) await launch(world, "import", { file: "customers.csv", line });
  for (let pages = 1; pages <= 5; pages += 1) await launch(world, "report", { account: "Northwind", pages });
  const later = { runAt: new Date(Date.now() + 86_400_000).toISOString(), key: "late", tags: ["yearly"] };
  await launch(world, "report", { account: "Late", pages: 1 }, later);
  const running = await launch(world, "crawl", { site: "rowlock.example" });
  const { data, errors } = await world.graphql(
    owner,
    `mutation ($jobs: [BatchJobInput!]) {
       launchBatch(input: { name: "nightly", jobs: $jobs }) { batch { id } }
       createSchedule(input: { schedule: { name: "every morning", task: "report", expression: "30 6 * * 1-5",
         payload: { account: "Northwind", pages: 1 } } }) { schedule { id } }
       pauseJobs(input: { task: "import", reason: "files are broken" }) { clientMutationId }
       createApiKey(input: { name: "importer" }) { clientMutationId }
     }`,
    {
      jobs: [
        { name: "fetch", task: "report", payload: { account: "Batch", pages: 1 } },
        { name: "send", task: "report", payload: { account: "Batch", pages: 2 }, dependsOn: ["fetch"] },
      ],
    },
  );
  assert.deepEqual(errors, []);
  const { launchBatch } = data as { launchBatch: { batch: { id: string } } };
  await until(
    () => world.graphql(owner, `{ countMatchingJobs(states: ["succeeded", "failed"]) }`),
    (answer) => Number(answer.data?.countMatchingJobs) >= 20,
  );
  const [first = "", second = ""] = runs;
  return {
    organizations: world.north.id,
    jobs: running,
    batches: launchBatch.batch.id,
    "test-runs": first,
    "test-sets": testSetId,
    other: second,
  };
}
