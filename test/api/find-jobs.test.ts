import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchJob, launchJobs } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { fieldOf, startWorld, type World } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

test("viewer tells who one is, with the role that an API key leaves", async () => {
  const { north } = world;
  const query = "{ viewer { organizationId organizationName userId email name role apiKeyId } }";
  const { data, errors } = await world.graphql(north.member, query);
  assert.deepEqual(errors, []);
  const expected = {
    organizationId: north.id,
    organizationName: "north",
    userId: north.member.userId,
    email: "member@north.example",
    name: "",
    role: "member",
    apiKeyId: null,
  };
  assert.deepEqual(data?.viewer, expected);
  const { body } = await world.send("GET", "/api/viewer", { as: north.member });
  assert.deepEqual(body, expected);

  const made = await world.graphql(
    north.owner,
    'mutation { createApiKey(input: { name: "ci", role: "viewer" }) { result { id secret } } }',
  );
  assert.deepEqual(made.errors, []);
  const { id, secret } = (fieldOf(made.data, "createApiKey") as { result: { id: string; secret: string } })
    .result;
  const asKey = await world.send("GET", "/api/viewer", { headers: { authorization: `Bearer ${secret}` } });
  assert.deepEqual(asKey.body, {
    ...expected,
    userId: north.owner.userId,
    email: "owner@north.example",
    role: "viewer",
    apiKeyId: id,
  });
});

test("Tags are taken at each door, shown, and looked for", async () => {
  const { north, south } = world;
  const rest = await world.send("POST", "/api/jobs", {
    as: north.member,
    json: { task: "greet", payload: { name: "Ada" }, tags: ["spring", "a"] },
  });
  assert.equal(rest.status, 201);
  const first = rest.body as { id: string; tags: string[] };
  assert.deepEqual(first.tags, ["a", "spring"]);
  const bulk = await world.send("POST", "/api/jobs/bulk", {
    as: north.member,
    json: { task: "greet", payloads: [{ name: "b" }, { name: "c" }], tags: ["spring"] },
  });
  const graphql = await world.graphql(
    north.member,
    'mutation { launchJob(input: { task: "greet", payload: { name: "d" }, tags: ["spring"] }) { job { id tags } } }',
  );
  assert.deepEqual(graphql.errors, []);
  const { job } = fieldOf(graphql.data, "launchJob") as { job: { id: string; tags: string[] } };
  assert.deepEqual(job.tags, ["spring"]);
  const batch = await world.graphql(
    north.member,
    `mutation { launchBatch(input: { tags: ["spring"], jobs: [{ task: "greet", payload: { name: "e" }, tags: ["own"] },
      { task: "greet", payload: { name: "f" } }] }) { jobIds } }`,
  );
  assert.deepEqual(batch.errors, []);
  const { jobIds } = fieldOf(batch.data, "launchBatch") as { jobIds: string[] };
  const all = [first.id, ...(bulk.body as { ids: string[] }).ids, job.id, ...jobIds].toSorted().toReversed();

  const found = await world.graphql(
    north.member,
    '{ findJobs(tag: "spring") { jobs { id tags } next searchedTo } }',
  );
  assert.deepEqual(found.errors, []);
  const { jobs, next, searchedTo } = fieldOf(found.data, "findJobs") as Found;
  assert.deepEqual(
    jobs.map(({ id }) => id),
    all,
  );
  assert.deepEqual([next, searchedTo], [null, null]);
  assert.deepEqual(jobs.find(({ id }) => id === jobIds[0])?.tags, ["own", "spring"]);
  const others = await world.send("GET", "/api/jobs?tag=spring", { as: south.member });
  assert.deepEqual(others.body, { jobs: [], next: null, searchedTo: null });
  const byRest = await world.send("GET", "/api/jobs?tag=own&tasks=greet&states=queued&states=waiting", {
    as: north.viewer,
  });
  assert.deepEqual(
    (byRest.body as Found).jobs.map(({ id }) => id),
    [jobIds[0]],
  );
});

test("A page follows the other, and texts are found in whatever case", async () => {
  const { south } = world;
  const ids = await withTenant(world.db.pool("api"), south.owner, (tx) =>
    launchJobs(
      tx,
      "greet",
      Array.from({ length: 25 }, (_, n) => ({ name: n % 5 === 0 ? `Ünder 50%_${n}` : `x${n}` })),
    ),
  );
  const keyed = await withTenant(world.db.pool("api"), south.owner, (tx) =>
    launchJob(tx, "greet", { name: "k" }, { key: "ünder 50%_" }),
  );
  const expected = [keyed, ...ids.filter((_, n) => n % 5 === 0).toReversed()];
  const query = `query ($text: String, $before: String) { findJobs(text: $text, first: 2, before: $before) { jobs { id } next } }`;
  const seen: string[] = [];
  let before: string | null = null;
  do {
    const { data, errors } = await world.graphql(south.viewer, query, { text: "üNDER 50%_", before });
    assert.deepEqual(errors, []);
    const page = fieldOf(data, "findJobs") as Found;
    seen.push(...page.jobs.map(({ id }) => id));
    before = page.next;
  } while (before !== null);
  assert.deepEqual(seen, expected);
  const none = await world.graphql(south.viewer, query, { text: "50%x" });
  assert.deepEqual(fieldOf(none.data, "findJobs"), { jobs: [], next: null });
  const byKey = await world.graphql(
    south.viewer,
    '{ findJobs(key: "ünder 50%_", states: ["waiting", "queued"]) { jobs { id } } }',
  );
  assert.deepEqual(fieldOf(byKey.data, "findJobs"), { jobs: [{ id: keyed }] });
});

test("What is out of bounds is refused with its path", async () => {
  const { north } = world;
  for (const [json, path] of [
    [{ tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }, "/tags"],
    [{ tags: ["x".repeat(51)] }, "/tags/0"],
    [{ tags: ["a\nb"] }, "/tags"],
    [{ tags: ["a\0b"] }, "/tags"],
  ] as const) {
    const answer = await world.send("POST", "/api/jobs", {
      as: north.member,
      json: { task: "greet", payload: { name: "Ada" }, ...json },
    });
    assert.equal(answer.status, 422, answer.text);
    assert.equal(
      (answer.body as { error: { issues: { path: string }[] } }).error.issues[0]?.path,
      path,
      answer.text,
    );
  }
  for (const asked of ["first=101", "states=nowhere", "before=x", "launchedAfter=yesterday", "text="]) {
    const answer = await world.send("GET", `/api/jobs?${asked}`, { as: north.member });
    assert.equal(answer.status, 422, asked);
  }
});

type Found = {
  jobs: { id: string; tags: string[] }[];
  next: string | null;
  searchedTo: string | null;
};
