import assert from "node:assert/strict";
import { reply, serveBot } from "../../evals/bot.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { ended, execute, newClient, setUp } from "../spine/client.ts";
import { startApiProcess, startWorkerProcess } from "../spine/processes.ts";

const tests = 300;
const longestRunMs = 120_000;

const outcomes = ["passed", "failed", "errored"] as const;
type Outcome = (typeof outcomes)[number];
/** What is to become of one test in the two runs. */
type Planted = { input: string; category: string; tags: string[]; was: Outcome; becomes: Outcome };

type Comparison = {
  tests: number;
  unchanged: number;
  fixed: number;
  regressed: number;
  others: number;
  pValue: number;
  flips: { input: string; before: string; after: string }[];
  byCategory: Group[];
  byTag: Group[];
};
type Group = {
  name: string;
  tests: number;
  passedBefore: number;
  passedAfter: number;
  fixed: number;
  regressed: number;
};

/** Line 5: an endpoint that changes between two runs, test by test as planted; a worker process and the API judge. */
export async function comparedRuns(): Promise<string> {
  const planted = plant();
  let second = false;
  await using ends = new AsyncDisposableStack();
  const db = ends.use(await createTestDatabase());
  const bot = ends.use(
    await serveBot((input, response) => {
      const test = planted.get(input) ?? assert.fail(input);
      const outcome = second ? test.becomes : test.was;
      reply(response, { output: outcome === "passed" ? "yes" : "no" }, outcome === "errored" ? 404 : 200);
    }),
  );
  const worker = await startWorkerProcess(db, "rowlock");
  ends.defer(() => worker.stop());
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());
  const client = await newClient(db, api.url);
  const setup = await setUp(client, {
    name: "planted",
    endpoint: { url: bot.url, requestTemplate: { input: "{{ input }}" }, responsePath: "output" },
    metric: { kind: "exact" },
    file: [...planted.values()].map((test) => JSON.stringify({ ...test, expected: "yes" })).join("\n"),
    columns: "expected=expected&category=category&tags=tags",
  });
  const before = await ended(client, await execute(client, setup), longestRunMs);
  await client.rest("PUT", `/api/test-sets/${setup.testSetId}/baseline`, { testRunId: before.id });
  second = true;
  const after = await ended(client, await execute(client, setup), longestRunMs);

  const began = performance.now();
  const found = (await client.rest("GET", `/api/test-runs/${before.id}/compare/${after.id}`)) as Comparison;
  const ms = performance.now() - began;
  const all = [...planted.values()];
  const flips = all.filter(({ was, becomes }) => was !== becomes);
  assert.deepEqual(
    found.flips.map((flip) => [flip.input, flip.before, flip.after]),
    flips.map(({ input, was, becomes }) => [input, was, becomes]),
  );
  const { tests: _tests, name: _name, ...sums } = groupOf("", all);
  assert.deepEqual([found.fixed, found.regressed], [sums.fixed, sums.regressed]);
  assert.deepEqual(
    [found.tests, found.unchanged, found.others],
    [tests, tests - flips.length, flips.length - sums.fixed - sums.regressed],
  );
  const groups = (names: string[], of: (test: Planted) => string[]) =>
    names.map((name) =>
      groupOf(
        name,
        all.filter((test) => of(test).includes(name)),
      ),
    );
  assert.deepEqual(
    found.byCategory,
    groups(["A", "B"], ({ category }) => [category]),
  );
  assert.deepEqual(
    found.byTag,
    groups(["t0", "t1", "t2"], ({ tags }) => tags),
  );
  const p = exactP(sums.fixed, sums.regressed);
  assert.ok(Math.abs(found.pValue - p) < 1e-9 * p, `p is ${found.pValue}, by hand ${p}`);
  const regressions = await client.rest("GET", `/api/test-runs/${after.id}/regressions`);
  assert.deepEqual(regressions, found, "the first run is the baseline");
  return `${tests} tests, ${flips.length} flips planted and found: ${sums.fixed} fixed, ${sums.regressed} regressed, ${found.others} with errors; p = ${found.pValue.toPrecision(3)}; compared in ${ms.toFixed(0)} ms`;
}

/** Every pair of outcomes, seven tests in ten unchanged, regressions three times as likely as the reverse. */
function plant(): Map<string, Planted> {
  const some = <T>(values: readonly T[]): T =>
    values[Math.floor(Math.random() * values.length)] ?? assert.fail();
  const made = Array.from({ length: tests }, (_, n): Planted => {
    const was = some(outcomes);
    const drawn = some(outcomes);
    const flips = n % 10 < 3 && !(was === "failed" && drawn === "passed" && n % 3 > 0);
    return {
      input: `test ${n}`,
      category: some(["A", "B"]),
      tags: ["t0", "t1", "t2"].filter(() => Math.random() < 0.5),
      was,
      becomes: flips ? drawn : was,
    };
  });
  return new Map(made.map((test) => [test.input, test]));
}

function groupOf(name: string, all: readonly Planted[]): Group {
  const count = (fits: (test: Planted) => boolean) => all.filter(fits).length;
  return {
    name,
    tests: all.length,
    passedBefore: count(({ was }) => was === "passed"),
    passedAfter: count(({ becomes }) => becomes === "passed"),
    fixed: count(({ was, becomes }) => was === "failed" && becomes === "passed"),
    regressed: count(({ was, becomes }) => was === "passed" && becomes === "failed"),
  };
}

/** The same test of McNemar in whole numbers: 2 × the sum of C(n, i) up to the smaller count, of 2 to the power of n. */
function exactP(fixed: number, regressed: number): number {
  const n = BigInt(fixed + regressed);
  let [term, sum] = [1n, 0n];
  for (let i = 0n; i <= BigInt(Math.min(fixed, regressed)); i += 1n) {
    sum += term;
    term = (term * (n - i)) / (i + 1n);
  }
  return Math.min(1, Number(2n * sum) / Number(1n << n));
}
