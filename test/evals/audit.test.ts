import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serveBot } from "./bot.ts";
import { create, type EvalsWorld, execute, plan, runAll, startEvals } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

type Entry = { action: string; subject: string; userId: string | null; source: string; after: unknown };

async function entriesOf(subject: string): Promise<Entry[]> {
  const { body } = await world.send("GET", "/api/audit?first=100", { as: world.north.owner });
  const { entries } = body as { entries: Entry[] };
  return entries.filter((entry) => entry.subject === subject).reverse();
}

test("who executed, retried and rescored a run stands in the audit, with what it was about", async () => {
  await using bot = await serveBot();
  const given = await plan(world, world.north.member, {
    url: bot.url,
    tests: [{ input: "a", expected: "a" }, { input: "b" }],
  });
  const run = await execute(world, world.north.member, given);
  await runAll(world, run.id);
  const retried = await world.send("POST", `/api/test-runs/${run.id}/retry`, { as: world.north.owner });
  assert.equal(retried.status, 200, retried.text);
  await runAll(world, run.id);
  const rescored = await world.send("POST", `/api/test-runs/${run.id}/rescore`, { as: world.north.member });
  const { id: rescore } = rescored.body as { id: string };

  const [executed, again, ...more] = await entriesOf(run.id);
  assert.deepEqual(
    [executed?.action, executed?.source, executed?.userId],
    ["execute_test_set", "rest", world.north.member.userId],
  );
  assert.equal((executed?.after as { tests: number } | undefined)?.tests, 2);
  assert.deepEqual(
    [again?.action, again?.userId, again?.after],
    ["retry_test_run", world.north.owner.userId, { tests: 1 }],
  );
  assert.deepEqual(more, []);
  const [judged] = await entriesOf(rescore);
  assert.deepEqual(
    [judged?.action, (judged?.after as { sourceRun: string } | undefined)?.sourceRun],
    ["rescore_test_run", run.id],
  );
});

test("what is kept is written down with its row before and after; a call under a rate is no change of its endpoint", async () => {
  await using bot = await serveBot();
  const fields = { url: bot.url, ratePerMinute: 6_000, headers: { "x-team": "one" } };
  const id = await create(world, world.north.member, "endpoints", fields);
  const json = { name: `renamed ${id}`, url: bot.url };
  assert.equal(
    (await world.send("PUT", `/api/endpoints/${id}`, { as: world.north.member, json })).status,
    200,
  );
  await world.asOwner("update evals.endpoints set next_call_at = now() where id = $1", [id]);
  const entries = await entriesOf(id);
  assert.deepEqual(
    entries.map(({ action }) => action),
    ["insert endpoint", "update endpoint"],
  );
  assert.equal((entries[1]?.after as { name: string } | undefined)?.name, json.name);
});
