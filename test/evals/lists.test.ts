import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Bot, serveBot } from "./bot.ts";
import { create, createSet, type EvalsWorld, execute, plan, runAll, startEvals, unique } from "./support.ts";

let world: EvalsWorld;
let bot: Bot;
before(async () => {
  bot = await serveBot();
  world = await startEvals();
});
after(async () => {
  await world.stop();
  await bot.close();
});

type Page = { next: string | null } & Record<string, { id: string; name: string; tests?: number }[]>;

async function list(path: string, who = world.north.viewer): Promise<Page> {
  const { status, body, text } = await world.send("GET", `/api/${path}`, { as: who });
  assert.equal(status, 200, text);
  return body as Page;
}

test("Test sets, endpoints and metrics are read a page at a time, and found by name or id", async () => {
  const fields = { "test-sets": {}, endpoints: { url: bot.url }, metrics: { kind: "exact" } } as const;
  const keys = { "test-sets": "testSets", endpoints: "endpoints", metrics: "metrics" } as const;
  for (const collection of ["test-sets", "endpoints", "metrics"] as const) {
    const name = unique("a & b");
    const ids = [];
    for (const other of [{}, { name }, {}]) {
      ids.push(await create(world, world.north.member, collection, { ...fields[collection], ...other }));
    }
    await create(world, world.south.member, collection, { ...fields[collection], name });
    const key = keys[collection];
    const seen: string[] = [];
    for (let after: string | null = ""; after !== null; ) {
      const page = await list(`${collection}?first=2${after === "" ? "" : `&after=${after}`}`);
      seen.push(...(page[key] ?? []).map(({ id }) => id));
      after = page.next;
    }
    assert.deepEqual(seen.slice(-3), ids);
    const found = [`name=${encodeURIComponent(name)}`, `id=${ids[1]}`];
    for (const query of found) {
      const { [key]: rows } = await list(`${collection}?${query}`);
      assert.deepEqual(
        rows?.map((row) => [row.id, row.name]),
        [[ids[1], name]],
      );
    }
    assert.deepEqual((await list(`${collection}?name=nothing`))[key], []);
  }
});

test("A test set says how many tests it has", async () => {
  const id = await createSet(world, world.north.member, [{ input: "x" }, { input: "y" }]);
  const { testSets } = await list(`test-sets?id=${id}`);
  assert.equal(testSets?.[0]?.tests, 2);
});

test("Runs are listed newest first, by test set, endpoint and state", async () => {
  const given = await plan(world, world.north.member, {
    url: bot.url,
    tests: [{ input: "x", expected: "x" }],
  });
  const other = await plan(world, world.north.member, {
    url: bot.url,
    tests: [{ input: "x", expected: "x" }],
  });
  const first = await execute(world, world.north.member, given);
  await runAll(world, first.id);
  const second = await execute(world, world.north.member, given);
  await execute(world, world.north.member, other);
  const ids = async (query: string) => (await list(`test-runs?${query}`)).testRuns?.map(({ id }) => id);
  const of = `testSetId=${given.testSetId}&endpointId=${given.endpointId}`;
  assert.deepEqual(await ids(of), [second.id, first.id]);
  assert.deepEqual(await ids(`${of}&state=completed`), [first.id]);
  assert.deepEqual(await ids(`testSetId=${other.testSetId}&endpointId=${given.endpointId}`), []);
  const page = await list(`test-runs?${of}&first=1`);
  assert.equal(page.next, second.id);
  assert.deepEqual(await ids(`${of}&after=${page.next}`), [first.id]);
  assert.equal(
    (await world.send("GET", "/api/test-runs?state=fine", { as: world.north.viewer })).status,
    422,
  );
});
