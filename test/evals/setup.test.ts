import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeOf, type GraphqlAnswer, type Person } from "../api/support.ts";
import { create, type EvalsWorld, startEvals, unique } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

type Fields = Record<string, unknown>;
type Kind = "endpoint" | "metric";

const url = "https://example.com/ask";
const typeOf = { endpoint: "EndpointFields", metric: "MetricFields" } as const;

const byRest = (who: Person, kind: Kind, fields: Fields) =>
  world.send("POST", `/api/${kind}s`, { as: who, json: fields });

async function byGraphql(who: Person, kind: Kind, fields: Fields): Promise<GraphqlAnswer> {
  const name = `create${kind === "endpoint" ? "Endpoint" : "Metric"}`;
  return await world.graphql(
    who,
    `mutation ($fields: ${typeOf[kind]}!) { ${name}(input: { ${kind}: $fields }) { ${kind} { id name } } }`,
    { fields },
  );
}

const refused: { what: string; kind: Kind; fields: Fields; path: RegExp }[] = [
  {
    what: "a template that does not parse",
    kind: "endpoint",
    fields: { requestTemplate: { q: "{{ input" } },
    path: /requestTemplate\/q/,
  },
  {
    what: "a template naming the expected output",
    kind: "endpoint",
    fields: { requestTemplate: "{{ expected }}" },
    path: /requestTemplate/,
  },
  {
    what: "a path that does not parse",
    kind: "endpoint",
    fields: { responsePath: "a[" },
    path: /responsePath/,
  },
  {
    what: "a path with a loop in it",
    kind: "endpoint",
    fields: { responsePath: "$map(a, function($x) { $x })" },
    path: /responsePath/,
  },
  {
    what: "an internal address",
    kind: "endpoint",
    fields: { url: "http://169.254.169.254/latest" },
    path: /url/,
  },
  { what: "another scheme", kind: "endpoint", fields: { url: "file:///etc/passwd" }, path: /url/ },
  {
    what: "a header of the client's own",
    kind: "endpoint",
    fields: { headers: { Host: "x" } },
    path: /headers\/Host/,
  },
  { what: "a time-out out of bounds", kind: "endpoint", fields: { timeoutMs: 1 }, path: /timeoutMs/ },
  {
    what: "a pattern that does not compile",
    kind: "metric",
    fields: { kind: "regex", parameters: { pattern: "(" } },
    path: /parameters\/pattern/,
  },
  { what: "a metric without what it needs", kind: "metric", fields: { kind: "regex" }, path: /parameters/ },
  {
    what: "an unknown parameter",
    kind: "metric",
    fields: { kind: "exact", parameters: { fuzzy: true } },
    path: /parameters/,
  },
  { what: "an unknown kind", kind: "metric", fields: { kind: "vibes" }, path: /kind/ },
  { what: "an empty name", kind: "metric", fields: { kind: "exact", name: "" }, path: /name/ },
];

test("what cannot be used is refused at the door, with its place, in REST and GraphQL alike", async () => {
  const before = await counts();
  for (const { what, kind, fields, path } of refused) {
    const given = { name: unique(kind), ...(kind === "endpoint" ? { url } : {}), ...fields };
    const rest = await byRest(world.north.member, kind, given);
    assert.deepEqual([rest.status, codeOf(rest)], [422, "INVALID_ARGUMENT"], `${what}: ${rest.text}`);
    assert.match(rest.text, path, what);
    const { data, errors } = await byGraphql(world.north.member, kind, given);
    assert.equal(errors[0]?.extensions?.code, "INVALID_ARGUMENT", what);
    assert(
      errors[0]?.extensions?.issues?.some((issue) => path.test(issue.path)),
      what,
    );
    assert.deepEqual(Object.values(data ?? {}), [null], what);
  }
  assert.deepEqual(await counts(), before);
});

test("a name is taken once in an organization, through either door, and free in another", async () => {
  for (const [kind, fields] of [
    ["endpoint", { name: unique("taken"), url }],
    ["metric", { name: unique("taken"), kind: "exact" }],
  ] as const) {
    assert.deepEqual((await byGraphql(world.north.member, kind, fields)).errors, []);
    const rest = await byRest(world.north.member, kind, fields);
    assert.deepEqual([rest.status, codeOf(rest)], [409, "CONFLICT"]);
    assert.match(rest.text, new RegExp(fields.name));
    const again = await byGraphql(world.north.member, kind, fields);
    assert.equal(again.errors[0]?.extensions?.code, "CONFLICT");
    assert.equal((await byRest(world.south.member, kind, fields)).status, 201);
  }
});

test("viewers create and replace nothing", async () => {
  const endpoint = await create(world, world.north.member, "endpoints", { url });
  const metric = await create(world, world.north.member, "metrics", { kind: "exact" });
  const before = await counts();
  const { viewer } = world.north;
  for (const [kind, id, fields] of [
    ["endpoint", endpoint, { name: unique("viewed"), url }],
    ["metric", metric, { name: unique("viewed"), kind: "exact" }],
  ] as const) {
    const created = await byRest(viewer, kind, fields);
    assert.deepEqual([created.status, codeOf(created)], [403, "NOT_ALLOWED"]);
    const replaced = await world.send("PUT", `/api/${kind}s/${id}`, { as: viewer, json: fields });
    assert.deepEqual([replaced.status, codeOf(replaced)], [403, "NOT_ALLOWED"]);
    assert.equal((await byGraphql(viewer, kind, fields)).errors[0]?.extensions?.code, "NOT_ALLOWED");
  }
  const set = await world.send("POST", "/api/test-sets", { as: viewer, json: { name: unique("viewed") } });
  assert.deepEqual([set.status, codeOf(set)], [403, "NOT_ALLOWED"]);
  assert.deepEqual(await counts(), before);
});

test("replacing keeps the id; another organization's row is not found", async () => {
  const id = await create(world, world.north.member, "endpoints", { url });
  const json = { name: unique("replaced"), url: `${url}/v2`, responsePath: "answer.text" };
  const foreign = await world.send("PUT", `/api/endpoints/${id}`, { as: world.south.owner, json });
  assert.deepEqual([foreign.status, codeOf(foreign)], [404, "NOT_FOUND"]);
  const own = await world.send("PUT", `/api/endpoints/${id}`, { as: world.north.member, json });
  assert.deepEqual([own.status, own.body], [200, { id }]);
  const { data, errors } = await world.graphql(
    world.north.viewer,
    "query ($id: UUID!) { endpoint(id: $id) { name url responsePath } }",
    { id },
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(data?.endpoint, { name: json.name, url: json.url, responsePath: json.responsePath });

  const metricId = await create(world, world.north.member, "metrics", { kind: "exact" });
  const metric = { name: unique("replaced"), kind: "number", parameters: { after: "A:" } };
  const replaced = await world.graphql(
    world.north.member,
    "mutation ($id: UUID!, $metric: MetricFields!) { replaceMetric(input: { id: $id, metric: $metric }) { metric { id kind parameters } } }",
    { id: metricId, metric },
  );
  assert.deepEqual(replaced.data?.replaceMetric, {
    metric: { id: metricId, kind: "number", parameters: { after: "A:", tolerance: 0 } },
  });
});

async function counts(): Promise<unknown> {
  const [row] = await world.asOwner(
    "select (select count(*) from evals.endpoints) as endpoints, (select count(*) from evals.metrics) as metrics, (select count(*) from evals.test_sets) as sets",
  );
  return row;
}
