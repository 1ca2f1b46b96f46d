import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serveModels } from "./fake-models/index.ts";
import { blocksOf, followPage } from "./follow-page.ts";
import { ledger } from "./model-support.ts";
import { create, createSet, type EvalsWorld, execute, results, runAll, startEvals } from "./support.ts";

const marked = blocksOf("docs/models.md");

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

test("docs/models.md can be followed: its model is endpoint and judge of a run, and its calls are in the ledger", async () => {
  await using fake = await serveModels(({ system, turns }) =>
    system?.startsWith("How polite")
      ? JSON.stringify({ score: 5, reason: "It greets." })
      : `${system} ${turns.at(-1)}`,
  );
  const { member, viewer } = world.north;
  const output = await followPage(
    `${marked("sh")
      .map(({ text }) => text)
      .join("\n")}\necho "ENDPOINT=$ENDPOINT POLITE=$POLITE"`,
    {
      API: world.api.url,
      TOKEN: member.token,
      MODELS: `${fake.url}/local`,
    },
    async () => {},
  );
  assert.match(output, /"purpose":"judge"/);
  assert.match(output, /"calls":0/);

  const run = await execute(world, member, {
    endpointId: /ENDPOINT=(\S+)/.exec(output)?.[1] ?? "",
    testSetId: await createSet(world, member, [{ input: "Hello", expected: "Translate into French. Hello" }]),
    metricIds: [
      await create(world, member, "metrics", { kind: "exact" }),
      /POLITE=(\S+)/.exec(output)?.[1] ?? "",
    ],
  });
  await runAll(world, run.id);
  assert.deepEqual(
    (await results(world, run.id)).map(({ state, verdicts }) => [state, verdicts.length]),
    [["passed", 2]],
  );
  assert.deepEqual(
    fake.log.map(({ key, model, temperature, maxTokens }) => [key, model, temperature, maxTokens]),
    Array(2).fill(["sk-of-that-server", "llama", 0, 500]),
  );
  assert.deepEqual(
    (await ledger(world, run.id)).map(({ purpose, cost }) => [purpose, cost]),
    [
      ["endpoint", "0.0045"],
      ["judge", "0.0045"],
    ],
  );
  for (const { text } of marked("graphql")) {
    const { data, errors } = await world.graphql(viewer, text, { run: run.id });
    assert.deepEqual(errors, []);
    assert.match(JSON.stringify(data), /"cost":"0\.0045/);
  }
});
