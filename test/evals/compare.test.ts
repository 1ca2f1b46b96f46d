import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeOf, type Person } from "../api/support.ts";
import { reply, serveBot } from "./bot.ts";
import { type EvalsWorld, execute, type GivenTest, plan, runAll, startEvals } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

type Group = {
  name: string;
  tests: number;
  passedBefore: number;
  passedAfter: number;
  fixed: number;
  regressed: number;
};
type Comparison = {
  beforeId: string;
  afterId: string;
  tests: number;
  unchanged: number;
  fixed: number;
  regressed: number;
  others: number;
  pValue: number | null;
  significance: string;
  flips: { input: string; before: string; after: string; edited: boolean; tags: string[] }[];
  byCategory: Group[];
  byTag: Group[];
};

async function get(path: string, as: Person = world.north.viewer): Promise<Comparison> {
  const { status, body, text } = await world.send("GET", path, { as });
  assert.equal(status, 200, text);
  return body as Comparison;
}

/** What the bot answers to each input, run after run: `+` right, `-` wrong, `!` an error. */
type Planted = Record<string, string>;

async function runs(planted: Planted, labels: (input: string) => Partial<GivenTest> = () => ({})) {
  let at = 0;
  const bot = await serveBot((input, response) => {
    const kind = planted[input]?.[at];
    reply(response, { output: kind === "+" ? input : "?" }, kind === "!" ? 404 : 200);
  });
  const tests = Object.keys(planted).map((input) => ({ input, expected: input, ...labels(input) }));
  const given = await plan(world, world.north.member, { url: bot.url, tests });
  const ids: string[] = [];
  for (const _ of Object.values(planted)[0] ?? "") {
    const run = await execute(world, world.north.member, given);
    await runAll(world, run.id);
    ids.push(run.id);
    at += 1;
  }
  await bot.close();
  return { ids, ...given };
}

test("flips are exactly those planted, in the order of the tests, with counts by category and tag", async () => {
  const planted = { a: "++", b: "--", c: "+-", d: "-+", e: "+!", f: "!-", g: "+-" };
  const {
    ids: [before = "", after = ""],
  } = await runs(planted, (input) => ({
    category: input < "d" ? "early" : "late",
    tags: input === "c" || input === "g" ? ["hard", "new"] : ["new"],
  }));
  const found = await get(`/api/test-runs/${before}/compare/${after}`);
  assert.deepEqual(
    found.flips.map((flip) => [flip.input, flip.before, flip.after, flip.edited]),
    [
      ["c", "passed", "failed", false],
      ["d", "failed", "passed", false],
      ["e", "passed", "errored", false],
      ["f", "errored", "failed", false],
      ["g", "passed", "failed", false],
    ],
  );
  assert.deepEqual(
    [found.tests, found.unchanged, found.fixed, found.regressed, found.others],
    [7, 2, 1, 2, 2],
  );
  assert.deepEqual(found.byCategory, [
    { name: "early", tests: 3, passedBefore: 2, passedAfter: 1, fixed: 0, regressed: 1 },
    { name: "late", tests: 4, passedBefore: 2, passedAfter: 1, fixed: 1, regressed: 1 },
  ]);
  assert.deepEqual(found.byTag, [
    { name: "hard", tests: 2, passedBefore: 2, passedAfter: 0, fixed: 0, regressed: 2 },
    { name: "new", tests: 7, passedBefore: 4, passedAfter: 2, fixed: 1, regressed: 2 },
  ]);
  assert.equal(found.pValue, 1);
  assert.match(found.significance, /^1 fixed, 2 regressed: .* 100\.00 % .* may be chance\.$/);

  const back = await get(`/api/test-runs/${after}/compare/${before}`);
  assert.deepEqual([back.fixed, back.regressed, back.flips.length], [2, 1, 5]);
  const same = await get(`/api/test-runs/${before}/compare/${before}`);
  assert.deepEqual([same.flips, same.unchanged, same.pValue], [[], 7, null]);
  assert.equal(same.significance, "No test went from passed to failed or back.");

  const { data, errors } = await world.graphql(
    world.north.viewer,
    `query ($before: UUID!, $after: UUID!) { compareTestRuns(before: $before, after: $after) {
       beforeId afterId tests unchanged fixed regressed others pValue significance
       flips { input before after edited tags } byCategory { name tests passedBefore passedAfter fixed regressed }
       byTag { name tests passedBefore passedAfter fixed regressed } } }`,
    { before, after },
  );
  assert.deepEqual(errors, []);
  const { compareTestRuns } = data as { compareTestRuns: Comparison };
  const { flips, byCategory, byTag, fixed, significance } = compareTestRuns;
  assert.deepEqual(
    [flips.map(({ input, tags }) => [input, tags]), byCategory, byTag, fixed, significance],
    [
      found.flips.map(({ input, tags }) => [input, tags]),
      found.byCategory,
      found.byTag,
      found.fixed,
      found.significance,
    ],
  );
});

test("a test in one run only, one not finished and one that was edited say so", async () => {
  const { ids, testSetId, endpointId, metricIds } = await runs({ kept: "+", gone: "+", edited: "+" });
  await world.asOwner("delete from evals.tests where input = 'gone' and organization_id = $1", [
    world.north.id,
  ]);
  await world.asOwner(
    "update evals.tests set expected = 'new' where input = 'edited' and organization_id = $1",
    [world.north.id],
  );
  const open = await execute(world, world.north.member, { testSetId, endpointId, metricIds });
  const { flips, others, tests } = await get(`/api/test-runs/${ids[0]}/compare/${open.id}`);
  assert.deepEqual(
    flips.map(({ input, before, after, edited }) => [input, before, after, edited]),
    [
      ["kept", "passed", "unfinished", false],
      ["gone", "passed", "missing", false],
      ["edited", "passed", "unfinished", true],
    ],
  );
  assert.deepEqual([tests, others], [3, 3]);
});

test("with repetitions a test has passed if it did in each", async () => {
  let flaky = false;
  await using bot = await serveBot((input, response, times) =>
    reply(response, { output: flaky && times % 3 === 0 ? "?" : input }),
  );
  const given = await plan(world, world.north.member, {
    url: bot.url,
    tests: [{ input: "x", expected: "x" }],
  });
  const one = await execute(world, world.north.member, { ...given, repeat: 3 });
  await runAll(world, one.id);
  flaky = true;
  const two = await execute(world, world.north.member, { ...given, repeat: 3 });
  await runAll(world, two.id);
  const { regressed, tests } = await get(`/api/test-runs/${one.id}/compare/${two.id}`);
  assert.deepEqual([tests, regressed], [1, 1]);
});

test("the test of significance is McNemar's exact one", async () => {
  // R 4: binom.test(k, n)$p.value
  const known: [number, number, number | null][] = [
    [0, 0, null],
    [0, 1, 1],
    [0, 5, 0.0625],
    [0, 6, 0.03125],
    [5, 15, 0.04138947],
    [3, 3, 1],
    [10, 30, 0.002221434],
  ];
  for (const [fixed, regressed, p] of known) {
    const [row] = await world.asOwner<{ p: number | null; q: number | null }>(
      "select evals.mcnemar_p($1, $2) as p, evals.mcnemar_p($2, $1) as q",
      [fixed, regressed],
    );
    assert.equal(row?.p, row?.q);
    if (p === null) assert.equal(row?.p, null);
    else assert(Math.abs((row?.p ?? -1) - p) < 1e-8, `${fixed}:${regressed} ${row?.p}`);
  }
  const [large] = await world.asOwner<{ even: number; uneven: number }>(
    "select evals.mcnemar_p(9900, 10100) as even, evals.mcnemar_p(2000, 18000) as uneven",
  );
  // The normal approximation with continuity correction says 0.1594.
  assert(Math.abs((large?.even ?? 0) - 0.1594) < 0.001, `${large?.even}`);
  assert(large?.uneven === 0 || (large?.uneven ?? 1) < 1e-300);
});

test("a run holds against its set's baseline, which is one of its runs, else against the run before it", async () => {
  const planted = { a: "+--", b: "---", c: "-++" };
  const {
    ids: [first = "", second = "", third = ""],
    testSetId,
  } = await runs(planted);
  const baseline = (testRunId: unknown, as: Person = world.north.member, id = testSetId) =>
    world.send("PUT", `/api/test-sets/${id}/baseline`, { as, json: { testRunId } });
  const without = await world.send("GET", `/api/test-runs/${first}/regressions`, { as: world.north.viewer });
  assert.deepEqual([without.status, codeOf(without)], [404, "NOT_FOUND"]);
  assert.match(without.text, /neither a baseline .* nor a completed run before it/);
  const regressions = `/api/test-runs/${third}/regressions`;
  const beside = async () => {
    const { beforeId, afterId, fixed, regressed } = await get(regressions);
    return [beforeId, afterId, fixed, regressed];
  };
  assert.deepEqual(await beside(), [second, third, 0, 0]);

  assert.equal((await baseline(third)).status, 200);
  assert.deepEqual(await beside(), [second, third, 0, 0], "not against itself");
  assert.equal((await baseline(first)).status, 200);
  assert.deepEqual(await beside(), [first, third, 1, 1]);
  const { data, errors } = await world.graphql(
    world.north.viewer,
    "query ($id: UUID!) { testRun(id: $id) { regressions { regressed flips { input before after } } } }",
    { id: third },
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(data?.testRun, {
    regressions: {
      regressed: 1,
      flips: [
        { input: "a", before: "passed", after: "failed" },
        { input: "c", before: "failed", after: "passed" },
      ],
    },
  });

  const other = await runs({ z: "+" });
  const cases: [unknown, Person, string, number, string][] = [
    [other.ids[0], world.north.member, testSetId, 404, "NOT_FOUND"],
    ["019a0000-0000-7000-8000-000000000000", world.north.member, testSetId, 404, "NOT_FOUND"],
    [first, world.north.viewer, testSetId, 403, "NOT_ALLOWED"],
    [first, world.south.owner, testSetId, 404, "NOT_FOUND"],
    ["x", world.north.member, testSetId, 422, "INVALID_ARGUMENT"],
  ];
  for (const [run, as, set, status, code] of cases) {
    const answer = await baseline(run, as, set);
    assert.deepEqual([answer.status, codeOf(answer)], [status, code], answer.text);
  }
  assert.equal((await get(regressions)).beforeId, first);
  const set = await world.graphql(
    world.north.member,
    "mutation ($id: UUID!) { updateTestSet(input: { id: $id, patch: { baselineRunId: null } }) { testSet { baselineRun { id } } } }",
    { id: testSetId },
  );
  assert.deepEqual([set.errors, set.data?.updateTestSet], [[], { testSet: { baselineRun: null } }]);
  assert.deepEqual(await beside(), [second, third, 0, 0]);
});

test("a set that has a baseline is deleted with its runs", async () => {
  const { ids, testSetId } = await runs({ a: "+" });
  await world.send("PUT", `/api/test-sets/${testSetId}/baseline`, {
    as: world.north.member,
    json: { testRunId: ids[0] },
  });
  const { errors } = await world.graphql(
    world.north.member,
    "mutation ($id: UUID!) { deleteTestSet(input: { id: $id }) { clientMutationId } }",
    { id: testSetId },
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(await world.asOwner("select from evals.test_runs where id = any($1)", [ids]), []);
});

test("a run of another organization is not there to compare with", async () => {
  const { ids } = await runs({ a: "+" });
  for (const path of [`${ids[0]}/compare/${ids[0]}`, `${ids[0]}/regressions`]) {
    const answer = await world.send("GET", `/api/test-runs/${path}`, { as: world.south.owner });
    assert.deepEqual([answer.status, codeOf(answer)], [404, "NOT_FOUND"]);
  }
  const { data } = await world.graphql(
    world.south.owner,
    "query ($id: UUID!) { compareTestRuns(before: $id, after: $id) { tests } }",
    { id: ids[0] },
  );
  assert.deepEqual(data, { compareTestRuns: null });
});
