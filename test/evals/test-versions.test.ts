import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withTenant } from "../../src/tenancy/index.ts";
import type { Person } from "../api/support.ts";
import { serveBot } from "./bot.ts";
import { create, type EvalsWorld, execute, plan, results, runAll, startEvals } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

async function call(method: string, path: string, json?: unknown, as: Person = world.north.member) {
  const { status, body, text } = await world.send(method, path, {
    as,
    ...(json === undefined ? {} : { json }),
  });
  return { status, body: (body ?? {}) as Record<string, unknown>, text };
}

async function addTest(setId: string, fields: object): Promise<string> {
  const { status, body, text } = await call("POST", `/api/test-sets/${setId}/tests`, fields);
  assert.equal(status, 201, text);
  return String(body.id);
}

const versionsOf = async (id: string) =>
  (await call("GET", `/api/tests/${id}/versions`)).body as unknown as {
    versions: { version: number; input: string | null; expected: string | null; userId: string | null }[];
    next: number | null;
  };

test("each change of a test makes a version, with what it was and who replaced it; no change makes none", async () => {
  const setId = await create(world, world.north.member, "test-sets", {});
  const id = await addTest(setId, { input: "one", expected: "1" });
  const put = (json: object, as?: Person) => call("PUT", `/api/tests/${id}`, json, as);
  await put({ input: "one", expected: "1" });
  await put({ input: "two", expected: "2", tags: ["x"] });
  await put({ input: "two", expected: "2", tags: ["x"] });
  await put({ kind: "multi_turn", goal: "g", instructions: "i" }, world.north.owner);
  const { body: now } = await call("GET", `/api/tests/${id}`, undefined, world.north.viewer);
  assert.deepEqual([now.version, now.input, now.goal, now.maxTurns], [3, null, "g", 10]);
  const { versions, next } = await versionsOf(id);
  assert.deepEqual(
    versions.map(({ version, input, expected, userId }) => [version, input, expected, userId]),
    [
      [2, "two", "2", world.north.owner.userId],
      [1, "one", "1", world.north.member.userId],
    ],
  );
  assert.equal(next, null);
  const page = await call("GET", `/api/tests/${id}/versions?first=1`);
  assert.equal(page.body.next, 2);
  const rest = await call("GET", `/api/tests/${id}/versions?before=2`);
  assert.deepEqual(
    (rest.body.versions as { version: number }[]).map(({ version }) => version),
    [1],
  );
});

test("nobody writes versions by hand, nor chooses a test's number", async () => {
  const setId = await create(world, world.north.member, "test-sets", {});
  const id = await addTest(setId, { input: "one" });
  await call("PUT", `/api/tests/${id}`, { input: "two" });
  const member = { organizationId: world.north.id, userId: world.north.owner.userId };
  for (const sql of [
    "insert into evals.test_versions (organization_id, test_id, version, contents) values (rowlock.claimed_organization(), $1, 9, '{}')",
    "update evals.test_versions set contents = '{}' where test_id = $1",
    "delete from evals.test_versions where test_id = $1",
  ]) {
    await assert.rejects(
      withTenant(world.db.pool("api"), member, (tx) => tx.query(sql, [id])),
      /permission denied/,
    );
  }
  await withTenant(world.db.pool("api"), member, async (tx) => {
    await tx.query("update evals.tests set version = 77 where id = $1", [id]);
    const { rows } = await tx.query<{ version: number }>(
      "insert into evals.tests (input, version) values ('new', 77) returning version",
    );
    assert.equal(rows[0]?.version, 1);
  });
  assert.equal((await call("GET", `/api/tests/${id}`)).body.version, 2);
});

test("a run keeps the version it executed, whatever becomes of the test, and a comparison says that it was changed", async () => {
  await using bot = await serveBot();
  const tests = [
    { input: "a", expected: "a" },
    { input: "b", expected: "b" },
  ];
  const given = await plan(world, world.north.member, { url: bot.url, tests });
  const run = async () => {
    const { id } = await execute(world, world.north.member, given);
    await runAll(world, id);
    return id;
  };
  const first = await run();
  const [one] = await results(world, first);
  const page = await call("GET", `/api/test-runs/${first}/results`);
  const [{ testId }] = page.body.results as [{ testId: string }];
  await call("PUT", `/api/tests/${testId}`, { input: "a", expected: "something else" });
  const second = await run();
  const shown = async (id: string) =>
    (
      (await call("GET", `/api/test-runs/${id}/results`)).body.results as {
        testVersion: number;
        expected: string;
      }[]
    ).map(({ testVersion, expected }) => [testVersion, expected]);
  assert.deepEqual(await shown(first), [
    [1, "a"],
    [1, "b"],
  ]);
  assert.deepEqual(await shown(second), [
    [2, "something else"],
    [1, "b"],
  ]);
  const { body: compared } = await call("GET", `/api/test-runs/${first}/compare/${second}`);
  const flips = compared.flips as { testId: string; edited: boolean }[];
  assert.deepEqual(
    flips.map((flip) => [flip.testId, flip.edited]),
    [[testId, true]],
  );

  assert.equal((await call("DELETE", `/api/tests/${testId}`, undefined, world.north.viewer)).status, 403);
  assert.equal((await call("DELETE", `/api/tests/${testId}`)).status, 200);
  assert.equal((await call("GET", `/api/tests/${testId}/versions`)).status, 404);
  assert.deepEqual(await shown(first), [
    [1, "a"],
    [1, "b"],
  ]);
  assert.equal((await results(world, first))[0]?.output, one?.output);
});

test("a test may be in several sets, once in each, and is taken out of one alone", async () => {
  const [a, b] = [
    await create(world, world.north.member, "test-sets", {}),
    await create(world, world.north.member, "test-sets", {}),
  ];
  const id = await addTest(a, { input: "shared" });
  const own = await addTest(b, { input: "b's own" });
  for (let times = 0; times < 2; times += 1)
    assert.equal((await call("PUT", `/api/test-sets/${b}/tests/${id}`)).status, 200);
  const inSet = async (set: string) =>
    (await call("GET", `/api/test-sets/${set}/export`)).text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => (JSON.parse(line) as { input: string }).input);
  assert.deepEqual(await inSet(b), ["b's own", "shared"]);
  assert.equal((await call("DELETE", `/api/test-sets/${a}/tests/${id}`)).status, 200);
  assert.deepEqual([await inSet(a), await inSet(b)], [[], ["b's own", "shared"]]);
  assert.equal((await call("DELETE", `/api/test-sets/${a}/tests/${id}`)).status, 404);

  const foreign = [world.south.owner, world.north.viewer] as const;
  assert.deepEqual(
    await Promise.all(
      foreign.map(async (as) => [
        (await call("PUT", `/api/test-sets/${a}/tests/${own}`, undefined, as)).status,
        (await call("DELETE", `/api/test-sets/${b}/tests/${own}`, undefined, as)).status,
      ]),
    ),
    [
      [404, 404],
      [403, 403],
    ],
  );
});
