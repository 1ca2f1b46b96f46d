import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withTenant } from "../../src/tenancy/index.ts";
import { codeOf, type Person } from "../api/support.ts";
import { type Bot, reply, serveBot } from "./bot.ts";
import {
  create,
  createSet,
  type EvalsWorld,
  execute,
  getRun,
  jobsOf,
  type Plan,
  plan,
  results,
  runAll,
  startEvals,
} from "./support.ts";

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

const three = [1, 2, 3].map((n) => ({ input: `question ${n}`, expected: `question ${n}` }));
const nobody = "018f0000-0000-7000-8000-000000000000";
const newPlan = () => plan(world, world.north.member, { url: bot.url, tests: three });

const mutation =
  "mutation ($input: ExecuteTestSetInput!) { executeTestSet(input: $input) { result { id total summary { state queued } } } }";

async function executeByGraphql(who: Person, input: Partial<Plan>) {
  const { data, errors } = await world.graphql(who, mutation, { input });
  const made = data?.executeTestSet as { result: { id: string; total: number; summary: unknown } } | null;
  return { run: made?.result, code: errors[0]?.extensions?.code, message: errors[0]?.message };
}

async function counts(): Promise<unknown> {
  const { rows } = await world.db.pool("admin").query(`
    select (select count(*)::int from evals.test_runs) as runs, (select count(*)::int from evals.test_results) as results,
      (select count(*)::int from evals.test_configurations) as configurations, (select count(*)::int from rowlock.job) as jobs,
      (select count(*)::int from graphile_worker._private_jobs) as deliveries`);
  return rows[0];
}

test("by GraphQL and by REST, a run has a row and a job for every test from its start", async () => {
  const given = await newPlan();
  const graphql = await executeByGraphql(world.north.member, given);
  assert.equal(graphql.run?.total, 3);
  assert.deepEqual(graphql.run?.summary, { state: "queued", queued: 3 });
  const rest = await execute(world, world.north.member, given);
  assert.deepEqual(
    [rest.state, rest.total, rest.queued, rest.passRate, rest.startedAt],
    ["queued", 3, 3, null, null],
  );
  for (const id of [graphql.run?.id ?? "", rest.id]) {
    assert.deepEqual(
      (await results(world, id)).map(({ state, input }) => [state, input]),
      three.map(({ input }) => ["queued", input]),
    );
    assert.equal((await jobsOf(world, id)).length, 3);
  }
});

test("a launch that is rolled back leaves no run, no result, no job", async () => {
  const given = await newPlan();
  const before = await counts();
  const rolledBack = withTenant(world.db.pool("api"), world.north.member, async (tx) => {
    await tx.query("select evals.execute_test_set($1, $2, $3)", [
      given.testSetId,
      given.endpointId,
      given.metricIds,
    ]);
    const { rows } = await tx.query<{ n: number }>("select count(*)::int as n from rowlock.jobs");
    assert((rows[0]?.n ?? 0) >= 3);
    throw new Error("changed my mind");
  });
  await assert.rejects(rolledBack, /changed my mind/);
  assert.deepEqual(await counts(), before);
});

test("what is not there, or empty, is refused by both doors and nothing is stored", async () => {
  const good = await newPlan();
  const foreign = await plan(world, world.south.member, { url: bot.url, tests: three });
  const empty = await create(world, world.north.member, "test-sets", {});
  const before = await counts();
  const cases: [Partial<Plan>, number, string][] = [
    [{ testSetId: nobody }, 404, "NOT_FOUND"],
    [{ testSetId: foreign.testSetId }, 404, "NOT_FOUND"],
    [{ endpointId: nobody }, 404, "NOT_FOUND"],
    [{ endpointId: foreign.endpointId }, 404, "NOT_FOUND"],
    [{ metricIds: [...good.metricIds, nobody] }, 404, "NOT_FOUND"],
    [{ metricIds: foreign.metricIds }, 404, "NOT_FOUND"],
    [{ testSetId: empty }, 422, "INVALID_ARGUMENT"],
  ];
  for (const [change, status, code] of cases) {
    const { testSetId, ...json } = { ...good, ...change };
    const rest = await world.send("POST", `/api/test-sets/${testSetId}/execute`, {
      as: world.north.member,
      json,
    });
    assert.deepEqual([rest.status, codeOf(rest)], [status, code], JSON.stringify(change));
    const graphql = await executeByGraphql(world.north.member, { ...good, ...change });
    assert.equal(graphql.code, code, JSON.stringify(change));
  }
  // Without a metric everything would pass.
  assert.equal(
    (await executeByGraphql(world.north.member, { ...good, metricIds: [] })).code,
    "INVALID_ARGUMENT",
  );
  const strict = await world.send("POST", `/api/test-sets/${good.testSetId}/execute`, {
    as: world.north.member,
    json: { endpointId: good.endpointId, metricIds: [] },
  });
  assert.equal(codeOf(strict), "INVALID_ARGUMENT");
  assert.deepEqual(await counts(), before);
});

test("without a choice all metrics judge; an organization without any cannot execute", async () => {
  const { owner } = world.south;
  const endpointId = await create(world, owner, "endpoints", { url: bot.url });
  const testSetId = await createSet(world, owner, three);
  await world.asOwner("delete from evals.metrics where organization_id = $1", [world.south.id]);
  const refused = await executeByGraphql(owner, { testSetId, endpointId });
  assert.equal(refused.code, "NOT_FOUND");
  assert.match(refused.message ?? "", /Create a metric first/);

  await create(world, owner, "metrics", { name: "same", kind: "exact" });
  await create(world, owner, "metrics", { name: "asks", kind: "contains", parameters: { text: "question" } });
  const { run } = await executeByGraphql(owner, { testSetId, endpointId });
  await runAll(world, run?.id ?? "");
  const [first] = await results(world, run?.id ?? "");
  assert.deepEqual(
    first?.verdicts.map(({ metric, passed }) => [metric, passed]),
    [
      ["asks", true],
      ["same", true],
    ],
  );
});

test("only the chosen metrics judge, and each must pass", async () => {
  const given = await newPlan();
  const strict = await create(world, world.north.member, "metrics", {
    name: "has a 2",
    kind: "regex",
    parameters: { pattern: "2$" },
  });
  const run = await execute(world, world.north.member, { ...given, metricIds: [...given.metricIds, strict] });
  await runAll(world, run.id);
  const found = await results(world, run.id);
  assert.deepEqual(
    found.map(({ state, verdicts }) => [state, verdicts.length]),
    [
      ["failed", 2],
      ["passed", 2],
      ["failed", 2],
    ],
  );
  const { passed, failed, passRate, state } = await getRun(world, world.north.viewer, run.id);
  assert.deepEqual([passed, failed, state], [1, 2, "completed"]);
  assert(Math.abs((passRate ?? 0) - 1 / 3) < 1e-6);
});

test("viewers execute nothing and read everything of their own organization", async () => {
  const given = await newPlan();
  const before = await counts();
  const { testSetId, ...json } = given;
  const rest = await world.send("POST", `/api/test-sets/${testSetId}/execute`, {
    as: world.north.viewer,
    json,
  });
  assert.deepEqual([rest.status, codeOf(rest)], [403, "NOT_ALLOWED"]);
  assert.equal((await executeByGraphql(world.north.viewer, given)).code, "NOT_ALLOWED");
  assert.deepEqual(await counts(), before);
  const run = await execute(world, world.north.member, given);
  assert.equal((await getRun(world, world.north.viewer, run.id)).total, 3);
});

test("an endpoint, a metric and tests changed after the launch do not change the run", async () => {
  await using other = await serveBot((_input, response) => reply(response, { output: "other" }));
  const given = await newPlan();
  const run = await execute(world, world.north.member, given);
  const put = (path: string, json: unknown) => world.send("PUT", path, { as: world.north.member, json });
  await put(`/api/endpoints/${given.endpointId}`, { name: "moved away", url: other.url });
  await put(`/api/metrics/${given.metricIds[0]}`, {
    name: "impossible",
    kind: "contains",
    parameters: { text: "never" },
  });
  await world.asOwner(
    "update evals.tests set expected = 'changed', input = 'changed' where organization_id = $1",
    [world.north.id],
  );
  await runAll(world, run.id);
  assert.deepEqual((await getRun(world, world.north.member, run.id)).passed, 3);
  assert.deepEqual(other.asked, []);

  const next = await execute(world, world.north.member, given);
  await runAll(world, next.id);
  assert.equal((await getRun(world, world.north.member, next.id)).failed, 3);
  assert.equal(other.asked.length, 3);
  // Both runs are of one configuration, so that they can be compared.
  const [{ n } = { n: 0 }] = await world.asOwner<{ n: number }>(
    "select count(distinct test_configuration_id)::int as n from evals.test_runs where id = any($1)",
    [[run.id, next.id]],
  );
  assert.equal(n, 1);
});

test("results are read a page at a time and by state, in the order of the tests", async () => {
  const given = await newPlan();
  const run = await execute(world, world.north.member, given);
  await runAll(world, run.id);
  const page = async (query: string) => {
    const { status, body, text } = await world.send("GET", `/api/test-runs/${run.id}/results${query}`, {
      as: world.north.viewer,
    });
    assert.equal(status, 200, text);
    return body as {
      results: { position: number; output: string; evaluations: unknown[] }[];
      next: number | null;
    };
  };
  const first = await page("?first=2");
  assert.deepEqual([first.results.map(({ position }) => position), first.next], [[0, 1], 1]);
  assert.deepEqual(first.results[0]?.evaluations.length, 1);
  const second = await page(`?first=2&after=${first.next}`);
  assert.deepEqual([second.results.map(({ output }) => output), second.next], [["question 3"], null]);
  assert.deepEqual((await page("?state=failed")).results, []);
  for (const query of ["?first=0", "?state=good", "?first=1001", "?nonsense=1"]) {
    const answer = await world.send("GET", `/api/test-runs/${run.id}/results${query}`, {
      as: world.north.viewer,
    });
    assert.equal(codeOf(answer), "INVALID_ARGUMENT", query);
  }
  for (const path of [`/api/test-runs/${run.id}`, `/api/test-runs/${run.id}/results`]) {
    assert.equal(codeOf(await world.send("GET", path, { as: world.south.owner })), "NOT_FOUND");
  }
});
