import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { getIntrospectionQuery } from "postgraphile/graphql";
import { codeOf, fieldOf, startWorld, type World } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld({ env: { API_STATEMENT_TIMEOUT_MS: "300", GRAPHQL_MAX_COST: "5000" } });
  await world.asOwner(
    `insert into app.notes (organization_id, title) select $1, 'note ' || lpad(n::text, 3, '0') from generate_series(1, 120) n`,
    [world.north.id],
  );
});
after(() => world.stop());

async function refusalOf(query: string, variables?: Record<string, unknown>): Promise<string | undefined> {
  const { errors } = await world.graphql(world.north.member, query, variables);
  return errors[0]?.extensions?.code;
}

function nested(levels: number): string {
  return `{ notes(first: 1) { nodes ${"{ remarks(first: 1) { nodes { note ".repeat(levels)}{ id }${" } } }".repeat(levels)} } }`;
}

test("A query may be so deep and no deeper; fragments do not hide depth", async () => {
  assert.equal(await refusalOf(nested(2)), undefined);
  assert.equal(await refusalOf(nested(5)), "QUERY_LIMIT");
  assert.equal(
    await refusalOf(`query { notes(first: 1) { nodes { ...a } } }
      fragment a on Note { remarks(first: 1) { nodes { note { ...b } } } }
      fragment b on Note { remarks(first: 1) { nodes { note { ...c } } } }
      fragment c on Note { remarks(first: 1) { nodes { note { ...d } } } }
      fragment d on Note { remarks(first: 1) { nodes { note { id } } } }`),
    "QUERY_LIMIT",
  );
});

test("The standard introspection query passes; introspection in circles does not", async () => {
  const { data, errors } = await world.graphql(world.north.member, getIntrospectionQuery());
  assert.deepEqual(errors, []);
  assert.ok(data?.__schema);
  assert.equal(
    await refusalOf(
      "{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }",
    ),
    "QUERY_LIMIT",
  );
});

test("Aliases are counted", async () => {
  const aliases = (count: number) =>
    `{ ${Array.from({ length: count }, (_, at) => `a${at}: __typename`).join(" ")} }`;
  assert.equal(await refusalOf(aliases(30)), undefined);
  assert.equal(await refusalOf(aliases(31)), "QUERY_LIMIT");
});

test("A page has 50 rows when nothing is said, and 100 at most, from text and from variables", async () => {
  const page = async (query: string, variables?: Record<string, unknown>) => {
    const { data, errors } = await world.graphql(world.north.member, query, variables);
    assert.deepEqual(errors, []);
    return (fieldOf(data, "notes") as { nodes: { title: string }[] }).nodes;
  };
  const byVariable = "query ($n: Int) { notes(first: $n) { nodes { title } } }";
  assert.equal((await page("{ notes { nodes { title } } }")).length, 50);
  assert.equal((await page(byVariable)).length, 50);
  assert.equal((await page(byVariable, { n: null })).length, 50);
  assert.equal((await page(byVariable, { n: 100 })).length, 100);
  assert.equal((await page("query ($n: Int = 3) { notes(first: $n) { nodes { title } } }")).length, 3);
  const last = await page("{ notes(last: 2, orderBy: TITLE_ASC) { nodes { title } } }");
  assert.deepEqual(
    last.map(({ title }) => title),
    ["note 119", "note 120"],
  );
  assert.equal(await refusalOf("{ notes(first: 101) { nodes { title } } }"), "QUERY_LIMIT");
  assert.equal(await refusalOf("{ notes(last: 101) { nodes { title } } }"), "QUERY_LIMIT");
  assert.equal(await refusalOf(byVariable, { n: 2_000_000_000 }), "QUERY_LIMIT");
  assert.equal(
    await refusalOf("query ($n: Int = 5000) { notes(first: $n) { nodes { title } } }"),
    "QUERY_LIMIT",
  );
});

test("Pages follow each other by cursor", async () => {
  const seen = new Set<string>();
  let after: string | null = null;
  do {
    const { data, errors } = await world.graphql(
      world.north.member,
      "query ($after: Cursor) { notes(first: 50, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }",
      { after },
    );
    assert.deepEqual(errors, []);
    const { nodes, pageInfo } = fieldOf(data, "notes") as {
      nodes: { id: string }[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    };
    for (const { id } of nodes) seen.add(id);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  assert.equal(seen.size, 120);
});

test("Rows are counted along the path, through fragments and variables too", async () => {
  const within =
    "query ($a: Int, $b: Int) { notes(first: $a) { nodes { ...n } } } fragment n on Note { remarks(first: $b) { nodes { id } } }";
  assert.equal(await refusalOf(within, { a: 10, b: 10 }), undefined);
  assert.equal(await refusalOf(within, { a: 100, b: 100 }), "QUERY_LIMIT");
  // Fragments in fragments, each spread twice: 2^24 fields, which grafast would plan one by one.
  const bomb = Array.from(
    { length: 24 },
    (_, at) => `fragment f${at} on Note { ...f${at + 1} ... on Note { ...f${at + 1} } }`,
  );
  const began = performance.now();
  assert.equal(
    await refusalOf(`{ notes(first: 1) { nodes { ...f0 } } } ${bomb.join(" ")} fragment f24 on Note { id }`),
    "QUERY_LIMIT",
  );
  assert.ok(performance.now() - began < 2_000);
});

test("A text of very many words is refused before it costs anything", async () => {
  const began = performance.now();
  assert.equal(await refusalOf(`{ ${"__typename ".repeat(60_000)} }`), "QUERY_LIMIT");
  assert.equal(await refusalOf("{a".repeat(1_999)), undefined);
  assert.ok(performance.now() - began < 1_000);
});

test("Batches, GET and forms are refused", async () => {
  const as = world.north.member;
  const batch = await world.send("POST", "/graphql", { as, json: [{ query: "{ __typename }" }] });
  assert.deepEqual([batch.status, codeOf(batch)], [400, "INVALID_BODY"]);
  const get = await world.send("GET", "/graphql?query={__typename}", { as });
  assert.deepEqual([get.status, codeOf(get)], [405, "INVALID_BODY"]);
  const form = await world.send("POST", "/graphql", {
    as,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "query={__typename}",
  });
  assert.deepEqual([form.status, codeOf(form)], [400, "INVALID_BODY"]);
  const bare = await world.send("POST", "/graphql", {
    as,
    headers: { "content-type": "application/graphql" },
    body: "{ __typename }",
  });
  assert.deepEqual([bare.status, codeOf(bare)], [400, "INVALID_BODY"]);
});

test("A statement that takes too long is stopped, and says so", async () => {
  const began = performance.now();
  assert.equal(await refusalOf("mutation { nap(input: { seconds: 5 }) { result } }"), "QUERY_LIMIT");
  assert.ok(performance.now() - began < 3_000);
});

test("Bodies are bound in size and depth", async () => {
  const as = world.north.member;
  const large = await world.send("POST", "/api/jobs", {
    as,
    json: { task: "greet", payload: { name: "x".repeat(1_100_000) } },
  });
  assert.deepEqual([large.status, codeOf(large)], [413, "PAYLOAD_TOO_LARGE"]);
  for (const path of ["/api/jobs", "/graphql"]) {
    const deep = await world.send("POST", path, {
      as,
      headers: { "content-type": "application/json" },
      body: `{"task":"greet","query":"{","payload":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
    });
    assert.deepEqual([deep.status, codeOf(deep)], [400, "INVALID_BODY"]);
  }
});
