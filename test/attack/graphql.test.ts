import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type GraphQLSchema, getNamedType, isInputObjectType } from "postgraphile/graphql";
import type { Person } from "../api/support.ts";
import { type Battlefield, startBattlefield } from "./http/battlefield.ts";
import * as schemas from "./http/schema.ts";
import { markIn } from "./report.ts";
import { everyone } from "./side.ts";

let field: Battlefield;
let schema: GraphQLSchema;
let north: Person;
let southIds: string[];
before(async () => {
  field = await startBattlefield({ GRAPHQL_MAX_COST: "10000000" });
  north = await field.as(field.arena.north, "owner");
  schema = await schemas.introspect(field.world, north);
  const { south } = field.arena;
  southIds = [
    south.id,
    south.apiKey.id,
    south.live.id,
    ...Object.values(south.users),
    ...Object.values(south.ids),
  ];
});
after(() => field.stop());

const shows = (text: string) => markIn(text, field.arena.south.marks);

async function ask(query: string): Promise<string> {
  const { data, errors } = await field.world.graphql(north, query);
  assert.deepEqual(errors, [], query);
  return JSON.stringify(data);
}

/** Runs many fields in as few requests as the limit of aliases allows. */
async function askEach(fields: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (let at = 0; at < fields.length; at += 25) {
    const part = fields.slice(at, at + 25);
    const { data, errors } = await field.world.graphql(
      north,
      `{ ${part.map((one, n) => `a${n}: ${one}`).join(" ")} }`,
    );
    assert.deepEqual(errors, [], part.join("\n"));
    answers.push(...part.map((_, n) => JSON.stringify(data?.[`a${n}`])));
  }
  return answers;
}

test("Every list, with all that its rows lead to, shows one's own rows and none of another's", async () => {
  const lists = schemas.connections(schema);
  assert.ok(lists.length >= 10, `only ${lists.length} lists`);
  for (const { field: list, node } of lists) {
    const text = await ask(
      `{ ${list.name}(first: 50) { totalCount nodes { ${schemas.selectAll(node, 2)} } } }`,
    );
    assert.equal(shows(text), undefined, list.name);
    assert.ok(
      markIn(text, [...field.arena.north.marks, everyone]) !== undefined,
      `${list.name} shows nothing`,
    );
  }
});

test("Every order and every filter, also through relations, stays within one's own rows", async () => {
  for (const { field: list, node } of schemas.connections(schema)) {
    const all = `{ nodes { ${schemas.selectAll(node, 0)} } }`;
    for (const text of await askEach(
      schemas.orders(list).map((order) => `${list.name}(first: 50, orderBy: [${order}]) ${all}`),
    )) {
      assert.equal(shows(text), undefined, list.name);
    }
    const found = schemas.filters(list, field.arena.south.canary, southIds);
    assert.ok(found.length > 0, `${list.name} has no filter to attack`);
    const counts = await askEach(found.map((filter) => `${list.name}(filter: ${filter}) { totalCount }`));
    for (const [at, count] of counts.entries())
      assert.equal(count, '{"totalCount":0}', `${list.name} ${found[at]}`);
  }
});

test("No root field gives another's row by its id", async () => {
  const { north: own } = field.arena;
  const ownIds = [own.id, own.apiKey.id, own.live.id, ...Object.values(own.users), ...Object.values(own.ids)];
  const singles = (
    schema.getQueryType() ? Object.values(schema.getQueryType()?.getFields() ?? {}) : []
  ).filter((one) => one.args.some((arg) => String(arg.type) === "UUID!"));
  assert.ok(singles.length >= 8, `only ${singles.length}`);
  for (const { name, args } of singles) {
    const call = (id: string, text = field.arena.south.canary) => {
      const given = args.map(
        (arg) =>
          `${arg.name}: ${String(arg.type) === "Int!" ? 0 : JSON.stringify(String(arg.type) === "UUID!" ? id : text)}`,
      );
      return `${name}(${given.join(", ")}) { __typename }`;
    };
    for (const answer of await askEach(southIds.map((id) => call(id)))) assert.equal(answer, "null", name);
    if (args.length === 1) {
      const answers = await askEach(ownIds.map((id) => call(id)));
      const rare = ["jobEvent", "remark", "auditEntry"].includes(name);
      assert.ok(rare || answers.some((answer) => answer !== "null"), `${name} gives no own row either`);
    }
  }
});

/** Which of south's ids a mutation is given for an argument of this name. */
function southIdFor(name: string): string {
  const { south } = field.arena;
  const known: Record<string, string> = {
    userId: south.users.viewer,
    revokeApiKeyInput: south.apiKey.id,
    endpointId: south.ids.endpoint,
    testSetId: south.ids.set,
    testId: south.ids.test,
    metricIds: south.ids.metric,
    modelId: south.ids.model,
    noteId: south.ids.note,
    baselineRunId: south.ids.run,
    ids: south.live.id,
    dependsOn: south.live.id,
  };
  const byTable: [RegExp, string][] = [
    [/notificationtarget/i, south.ids.target],
    [/endpoint/i, south.ids.endpoint],
    [/metric/i, south.ids.metric],
    [/model/i, south.ids.model],
    [/testrun/i, south.ids.run],
    [/testsettest/i, south.ids.set],
    [/draft/i, south.ids.draft],
    [/testset/i, south.ids.set],
    [/test/i, south.ids.test],
    [/apikey/i, south.apiKey.id],
    [/batch/i, south.ids.batch],
    [/schedule/i, south.ids.schedule],
    [/job/i, south.live.id],
    [/note/i, south.ids.note],
    [/remark/i, field.arena.targets.find((one) => one.name === "app.remarks")?.foreign[0]?.id ?? ""],
  ];
  const id = known[name] ?? byTable.find(([pattern]) => pattern.test(name))?.[1];
  assert.ok(
    id !== undefined && id !== "",
    `no id to attack "${name}" with: add one in test/attack/graphql.test.ts`,
  );
  return id;
}

/** No row, or the count of none. */
function isNothing(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === null || value === 0;
  return Object.entries(value).every(([name, inner]) => name === "__typename" || isNothing(inner));
}

test("No mutation takes another's id, and none leaves a trace at the other's", async () => {
  const before = await field.everythingOfSouth();
  const mutations = schemas.fieldsOf(schema.getMutationType());
  let attacked = 0;
  for (const mutation of mutations) {
    const input = schemas.inputFor(mutation, (name) =>
      southIdFor(name.endsWith(" id") ? mutation.name : name),
    );
    if (input === undefined) continue;
    attacked += 1;
    const call = `${mutation.name}(${input}) { ${schemas.payloadOf(mutation)} }`;
    const { data, errors } = await field.world.graphql(north, `mutation { ${call} }`);
    // Nothing found to change is a payload without a row, or an error; never a row.
    const payload = Object.entries(data?.[mutation.name] ?? {}).filter(([name]) => name !== "__typename");
    assert.deepEqual(
      payload.filter(([, value]) => !isNothing(value)),
      [],
      call,
    );
    for (const error of errors) {
      assert.equal(shows(error.message.replaceAll(/[0-9a-f-]{36}/g, "")), undefined, error.message);
    }
  }
  assert.ok(attacked >= 10, `only ${attacked} of ${mutations.length} mutations take an id`);
  assert.equal(await field.everythingOfSouth(), before);
});

test("No mutation lets one name an organization", () => {
  const seen = new Set<string>();
  const walk = (type: unknown) => {
    if (!isInputObjectType(type) || seen.has(type.name)) return;
    seen.add(type.name);
    for (const { name, type: inner } of Object.values(type.getFields())) {
      assert.doesNotMatch(name, /organization/i, type.name);
      walk(getNamedType(inner));
    }
  };
  for (const mutation of schemas.fieldsOf(schema.getMutationType())) {
    for (const arg of mutation.args) {
      assert.doesNotMatch(arg.name, /organization/i);
      walk(getNamedType(arg.type));
    }
  }
  assert.ok(seen.size > 5);
});

test("The schema holds nothing private", () => {
  const names = Object.values(schema.getTypeMap()).flatMap((type) => [
    type.name,
    ...("getFields" in type ? Object.keys(type.getFields()) : []),
  ]);
  for (const name of names) {
    assert.doesNotMatch(
      name,
      /secretHash|private|graphile|^JobEnd$|^Live$|_?p20\d{6}|JobDefault|fence|lockAttempt|handOver|beginJob|finishJob|launchJobFor|protectTable|syncTasks|migration/i,
    );
  }
});

test("Too deep, too wide, too much, in a batch, by GET or as a form: refused with a code", async () => {
  const refused = async (query: string, variables?: Record<string, unknown>) => {
    const { errors } = await field.world.graphql(north, query, variables);
    assert.equal(errors[0]?.extensions?.code, "QUERY_LIMIT", query.slice(0, 80));
  };
  await refused(`{ notes { nodes { ${"remarks { nodes { note { ".repeat(5)}id${" } } }".repeat(5)} } } }`);
  await refused(`{ ${Array.from({ length: 200 }, (_, at) => `a${at}: jobs { totalCount }`).join(" ")} }`);
  await refused("{ jobs(first: 1000000) { nodes { id } } }");
  await refused("query ($n: Int) { jobs(first: $n) { nodes { id } } }", { n: 1_000_000 });
  const send = field.world.send;
  const type = (value: string) => ({ headers: { "content-type": value } });
  for (const [method, path, options] of [
    ["POST", "/graphql", { json: [{ query: "{ __typename }" }, { query: "{ __typename }" }] }],
    ["GET", "/graphql?query=%7B__typename%7D", {}],
    ["POST", "/graphql", { ...type("application/x-www-form-urlencoded"), body: "query={__typename}" }],
    ["POST", "/graphql", { ...type("text/plain"), body: '{"query":"{__typename}"}' }],
  ] as const) {
    const { status, text } = await send(method, path, { as: north, ...options });
    assert.ok(status >= 400 && status < 500, `${method} ${path} ${status}`);
    assert.doesNotMatch(text, /"data":\{/);
  }
});

test("A database error is masked", async () => {
  const { errors } = await field.world.graphql(north, "mutation { explode(input: {}) { result } }");
  assert.equal(errors[0]?.extensions?.code, "INTERNAL");
  assert.doesNotMatch(JSON.stringify(errors), /private detail|explode\(\)|XX000|at [^ ]+ \(/);
  assert.equal(shows(JSON.stringify(errors)), undefined);
});

test("A member removed, a key revoked, an organization suspended: the next query is refused", async () => {
  const viewer = await field.as(field.arena.north, "viewer");
  const asKey = { ...viewer, token: field.arena.north.apiKey.secret };
  const read = async (who: Person) => (await field.world.graphql(who, "{ jobs { totalCount } }")).status;
  assert.equal(await read(viewer), 200);
  assert.equal(await read(asKey), 200);
  await field.world.asOwner("delete from rowlock.memberships where user_id = $1", [viewer.userId]);
  assert.equal(await read(viewer), 403);
  await field.world.asOwner("update rowlock.api_keys set revoked_at = now() where id = $1", [
    field.arena.north.apiKey.id,
  ]);
  assert.equal(await read(asKey), 401);
  await field.world.asOwner("update rowlock.organizations set state = 'suspended' where id = $1", [
    field.arena.north.id,
  ]);
  assert.equal(await read(north), 403);
});

test("Nothing of it brought the other's canary into the log", () => {
  assert.equal(markIn(field.log(), [field.arena.south.canary, field.arena.south.apiKey.secret]), undefined);
});
