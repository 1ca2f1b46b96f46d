import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withTenant } from "../../src/tenancy/index.ts";
import type { Person } from "../api/support.ts";
import { type FakeModels, serveModels } from "./fake-models/index.ts";
import {
  counting,
  draftsOf,
  finish,
  type GenerationWorld,
  generate,
  setGenerator,
  startGeneration,
} from "./generation-support.ts";
import { createSet } from "./support.ts";

let world: GenerationWorld;
let fake: FakeModels;
before(async () => {
  world = await startGeneration();
  fake = await serveModels(counting());
  await setGenerator(world, world.north.member, fake);
});
after(async () => {
  await fake.close();
  await world.stop();
});

/** A set of one test, with so many drafts. */
async function drafted(count: number) {
  const { member } = world.north;
  const testSetId = await createSet(world, member, [{ input: "the first" }]);
  const { jobId } = await generate(world, member, { count, testSetId });
  await finish(world, jobId);
  return { testSetId, jobId, drafts: await draftsOf(world, testSetId) };
}

async function call(method: string, path: string, json: unknown, as: Person = world.north.member) {
  const { status, body } = await world.send(method, `/api/${path}`, { as, json: json as object });
  const { drafts, error } = body as { drafts?: number; error?: { code: string } };
  return [status, error?.code ?? drafts];
}

const inSet = async (testSetId: string) =>
  (
    await world.asOwner<{ input: string }>(
      `select t.input from evals.test_set_tests s join evals.tests t on t.id = s.test_id
       where s.test_set_id = $1 order by s.position`,
      [testSetId],
    )
  ).map(({ input }) => input);

test("drafts are changed, some accepted, some rejected, the rest accepted: the set has them in order, at its end", async () => {
  const { testSetId, drafts } = await drafted(6);
  const [a, b, c, d] = drafts.map(({ id }) => id);
  const path = `test-sets/${testSetId}/drafts`;
  const better = { input: "a better one", expected: "yes", category: "kind", tags: ["x"] };
  assert.equal((await call("PUT", `test-drafts/${a}`, better))[0], 200);
  assert.deepEqual(await call("POST", `${path}/accept`, { ids: [c, a] }), [200, 2]);
  assert.deepEqual(await call("POST", `${path}/reject`, { ids: [b] }), [200, 1]);
  assert.deepEqual(await inSet(testSetId), ["the first", "a better one", drafts[2]?.input]);

  assert.deepEqual(await call("POST", `${path}/accept`, { ids: [d, b] }), [409, "CONFLICT"]);
  assert.deepEqual(await call("PUT", `test-drafts/${b}`, better), [409, "CONFLICT"]);
  assert.deepEqual(await call("POST", `${path}/accept`, {}), [200, 3]);
  assert.deepEqual(await call("POST", `${path}/accept`, {}), [200, 0]);
  assert.deepEqual(
    (await inSet(testSetId)).slice(3),
    drafts.slice(3).map(({ input }) => input),
  );

  const after = await draftsOf(world, testSetId);
  assert.deepEqual(
    after.map(({ state, userId }) => [state, userId]),
    ["accepted", "rejected", "accepted", "accepted", "accepted", "accepted"].map((state) => [
      state,
      world.north.member.userId,
    ]),
  );
  const [made] = await world.asOwner(
    "select input, expected, category, tags from evals.tests where id = $1",
    [after[0]?.testId],
  );
  assert.deepEqual(made, better);
  const audit = await world.asOwner<{ action: string; drafts: number }>(
    `select action, (after ->> 'drafts')::int as drafts from rowlock.audit_entries where subject = $1
       and action like '%drafts' order by id`,
    [testSetId],
  );
  assert.deepEqual(
    audit.map(({ action, drafts }) => [action, drafts]),
    [
      ["accept_test_drafts", 2],
      ["reject_test_drafts", 1],
      ["accept_test_drafts", 3],
    ],
  );
});

test("accepted by several at once, while others add tests: each draft is one test, each test has its place", async () => {
  const { testSetId, drafts } = await drafted(40);
  const path = `test-sets/${testSetId}`;
  const halves = [drafts.slice(0, 20), drafts.slice(20)].map((half) => half.map(({ id }) => id));
  const answers = await Promise.all([
    ...halves.map((ids) => call("POST", `${path}/drafts/accept`, { ids })),
    ...Array.from({ length: 8 }, (_, n) => call("POST", `${path}/tests`, { input: `added ${n}` })),
    call("POST", `${path}/drafts/accept`, {}),
    call("POST", `${path}/drafts/accept`, {}),
  ]);
  const statuses = answers.map(([status]) => status);
  assert.ok(
    statuses.every((status) => status === 200 || status === 201 || status === 409),
    String(statuses),
  );
  const inputs = await inSet(testSetId);
  assert.deepEqual([inputs.length, new Set(inputs).size], [1 + 40 + 8, 1 + 40 + 8]);
});

test("drafts are listed by state, by generation and a page at a time", async () => {
  const { testSetId, drafts } = await drafted(5);
  await call("POST", `test-sets/${testSetId}/drafts/accept`, { ids: [drafts[0]?.id] });
  const ids = async (query: string) => (await draftsOf(world, testSetId, query)).map(({ id }) => id);
  const all = drafts.map(({ id }) => id);
  assert.deepEqual(await ids("?state=draft"), all.slice(1));
  assert.deepEqual(await ids("?state=accepted"), all.slice(0, 1));
  assert.deepEqual(await ids(`?jobId=${testSetId}`), []);
  const path = `/api/test-sets/${testSetId}/drafts?first=2`;
  const page = (await world.send("GET", path, { as: world.north.viewer })).body as { next: string };
  assert.equal(page.next, all[1]);
  assert.deepEqual(await ids(`?first=3&after=${page.next}`), all.slice(2));
});

test("a viewer decides nothing, another organization sees nothing, and nobody writes drafts but jobs", async () => {
  const { testSetId, drafts } = await drafted(2);
  const [one] = drafts;
  const path = `test-sets/${testSetId}/drafts`;
  const { viewer, owner } = world.north;
  const outsider = world.south.owner;
  for (const decision of ["accept", "reject"]) {
    assert.deepEqual(await call("POST", `${path}/${decision}`, {}, viewer), [403, "NOT_ALLOWED"]);
    assert.deepEqual(await call("POST", `${path}/${decision}`, {}, outsider), [404, "NOT_FOUND"]);
  }
  assert.deepEqual(await call("PUT", `test-drafts/${one?.id}`, { input: "x" }, viewer), [403, "NOT_ALLOWED"]);
  assert.deepEqual(await call("PUT", `test-drafts/${one?.id}`, { input: "x" }, outsider), [404, "NOT_FOUND"]);
  assert.equal((await world.send("GET", `/api/${path}`, { as: outsider })).status, 404);
  const other = await drafted(1);
  assert.deepEqual(
    await call("POST", `${path}/accept`, { ids: [other.drafts[0]?.id] }),
    [404, "NOT_FOUND"],
    "of another set",
  );

  const claims = { organizationId: world.north.id, userId: owner.userId };
  for (const [sql, refused] of [
    [
      "insert into evals.test_drafts (test_set_id, job_id, input) values ($1, rowlock.uuid7(), 'x')",
      /row-level security/,
    ],
    ["update evals.test_drafts set state = 'rejected' where test_set_id = $1", /permission denied/],
    ["delete from evals.test_drafts where test_set_id = $1", /permission denied/],
  ] as const) {
    await assert.rejects(
      withTenant(world.db.pool("api"), claims, (tx) => tx.query(sql, [testSetId])),
      refused,
    );
  }
});

test("GraphQL generates, changes, accepts and rejects as REST does", async () => {
  const { member, viewer } = world.north;
  const testSetId = await createSet(world, member, [{ input: "the first" }]);
  const ask = async (query: string, variables: Record<string, unknown>, as = member) => {
    const { data, errors } = await world.graphql(as, query, variables);
    assert.deepEqual(errors, [], query);
    return data as Record<string, unknown>;
  };
  const launched = await ask(
    `mutation ($set: UUID!) {
       generateTests(input: { testSetId: $set, description: "A calculator.", count: 3, documents: [{ name: "a", text: "b" }] }) { jobId }
     }`,
    { set: testSetId },
  );
  const { jobId } = launched.generateTests as { jobId: string };
  await finish(world, jobId);
  const read = await ask(
    `query ($job: UUID!) {
       job(id: $job) { state result testDrafts(orderBy: PRIMARY_KEY_ASC) { nodes { id state input } } }
     }`,
    { job: jobId },
    viewer,
  );
  const { state, testDrafts } = read.job as { state: string; testDrafts: { nodes: { id: string }[] } };
  assert.deepEqual([state, testDrafts.nodes.length], ["succeeded", 3]);
  const [a, b] = testDrafts.nodes.map(({ id }) => id);
  const changed = await ask(
    `mutation ($id: UUID!) {
       replaceTestDraft(input: { id: $id, testDraft: { input: "other" } }) { testDraft { input expected } }
     }`,
    { id: a },
  );
  assert.deepEqual(changed.replaceTestDraft, { testDraft: { input: "other", expected: null } });
  const decided = await ask(
    `mutation ($set: UUID!, $some: [UUID!]) {
       rejectTestDrafts(input: { testSetId: $set, ids: $some }) { result { id state } }
       acceptTestDrafts(input: { testSetId: $set }) { result { state testId } }
     }`,
    { set: testSetId, some: [b] },
  );
  assert.deepEqual(decided.rejectTestDrafts, { result: [{ id: b, state: "rejected" }] });
  assert.equal((decided.acceptTestDrafts as { result: unknown[] }).result.length, 2);
  assert.equal((await inSet(testSetId)).length, 3);
  const { errors } = await world.graphql(
    member,
    `mutation ($set: UUID!) { generateTests(input: { testSetId: $set, description: "", count: 3 }) { jobId } }`,
    { set: testSetId },
  );
  assert.match(JSON.stringify(errors), /INVALID_ARGUMENT/);
});
