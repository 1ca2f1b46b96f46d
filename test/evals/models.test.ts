import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { defaultModel, findModel } from "../../src/evals/models/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { codeOf, type Person } from "../api/support.ts";
import { type EvalsWorld, startEvals, unique } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

type Fields = Record<string, unknown>;
const hosted = (more: Fields = {}) => ({ name: unique("model"), provider: "openai", model: "gpt", ...more });

const byRest = (who: Person, fields: Fields, path = "models") =>
  world.send("POST", `/api/${path}`, { as: who, json: fields });

const byGraphql = (who: Person, model: Fields) =>
  world.graphql(
    who,
    "mutation ($model: ModelFields!) { createModel(input: { model: $model }) { model { id name } } }",
    { model },
  );

async function make(who: Person, fields: Fields = {}, path = "models"): Promise<string> {
  const { status, body, text } = await byRest(who, path === "models" ? hosted(fields) : fields, path);
  assert.equal(status, 201, text);
  return (body as { id: string }).id;
}

test("what cannot be used is refused at the door, in REST and GraphQL alike", async () => {
  const refused: [Fields, RegExp][] = [
    [{ provider: "skynet" }, /provider/],
    [{ model: "" }, /model/],
    [{ provider: "openai-compatible" }, /baseUrl/],
    [{ baseUrl: "http://169.254.169.254/v1" }, /baseUrl/],
    [{ baseUrl: "ftp://models.example" }, /baseUrl/],
    [{ baseUrl: "https://me:secret@models.example" }, /baseUrl/],
    [{ parameters: { temperature: 3 } }, /temperature/],
    [{ parameters: { topK: 3 } }, /parameters/],
    [{ inputPrice: "1,50" }, /inputPrice/],
    [{ timeoutMs: 1 }, /timeoutMs/],
  ];
  for (const [fields, place] of refused) {
    const rest = await byRest(world.north.member, hosted(fields));
    assert.deepEqual([rest.status, codeOf(rest)], [422, "INVALID_ARGUMENT"], JSON.stringify(fields));
    assert.match(rest.text, place);
    const { errors } = await byGraphql(world.north.member, hosted(fields));
    assert.equal(errors[0]?.extensions?.code, "INVALID_ARGUMENT", JSON.stringify(fields));
  }
  const id = await make(world.north.member);
  for (const requestTemplate of [
    { prompt: "{{ expected }}" },
    { prompt: "{{ input" },
    { system: "x" },
    "x",
  ]) {
    const json = { name: unique("endpoint"), modelId: id, requestTemplate };
    const { status } = await byRest(world.north.member, json, "model-endpoints");
    assert.equal(status, 422, JSON.stringify(requestTemplate));
  }
});

test("a model is stored with its settings, replaced, and read as workers read it", async () => {
  const id = await make(world.north.member);
  const json = {
    ...hosted({ provider: "openai-compatible", model: "llama", baseUrl: "https://models.example/v1" }),
    parameters: { temperature: 0, maxTokens: 50 },
    inputPrice: "2.5",
    outputPrice: "10.000001",
  };
  const replaced = await world.send("PUT", `/api/models/${id}`, { as: world.north.member, json });
  assert.deepEqual([replaced.status, replaced.body], [200, { id }]);
  const model = await withTenant(world.db.pool("api"), world.north.viewer, (tx) => findModel(tx, id));
  const prices = { inputPrice: "2.500000", outputPrice: "10.000001" };
  assert.deepEqual(model, { ...json, ...prices, id, timeoutMs: 60_000 });
  const foreign = await world.send("PUT", `/api/models/${id}`, { as: world.south.owner, json: hosted() });
  assert.deepEqual([foreign.status, codeOf(foreign)], [404, "NOT_FOUND"]);
  const taken = await byRest(world.north.member, json);
  assert.deepEqual([taken.status, codeOf(taken)], [409, "CONFLICT"]);
  const { data, errors } = await world.graphql(
    world.north.viewer,
    "query ($id: UUID!) { model(id: $id) { name provider model baseUrl inputPrice } }",
    { id },
  );
  assert.deepEqual(errors, []);
  const { model: shown } = data as { model: Fields };
  assert.equal(shown.inputPrice, "2.500000");
});

test("a purpose has one default model, set through either door; none is said with what to do", async () => {
  const read = (who: Person) =>
    withTenant(world.db.pool("api"), who, async (tx) => (await defaultModel(tx, "judge")).id);
  await assert.rejects(
    read(world.north.viewer),
    /no default model for "judge".*PUT \/api\/model-defaults\/judge/,
  );
  const [first, second] = [await make(world.north.member), await make(world.north.member)];
  const set = (who: Person, modelId: string, purpose = "judge") =>
    world.send("PUT", `/api/model-defaults/${purpose}`, { as: who, json: { modelId } });
  assert.equal((await set(world.north.member, first)).status, 200);
  assert.equal(await read(world.north.viewer), first);
  const { errors } = await world.graphql(
    world.north.member,
    `mutation ($id: UUID!) { setModelDefault(input: { purpose: "judge", modelId: $id }) { model { id } } }`,
    { id: second },
  );
  assert.deepEqual(errors, []);
  assert.equal(await read(world.north.viewer), second);

  for (const modelId of [await make(world.south.member), "0198c1a0-0000-7000-8000-000000000000"]) {
    const answer = await set(world.north.member, modelId);
    assert.deepEqual([answer.status, codeOf(answer)], [404, "NOT_FOUND"]);
  }
  assert.equal((await set(world.north.member, first, "endpoint")).status, 422);
});

test("a key is stored encrypted and given back by no door; it stays, is replaced or removed with its model", async () => {
  const key = `sk-${unique("key").replace(" ", "-")}`;
  const fields = hosted({ key });
  const id = await make(world.north.member, fields);
  const secrets = async () => {
    const rows = await world.asOwner<{ id: string; text: string }>(
      "select s.id, encode(s.ciphertext, 'escape') as text from evals.secrets s join evals.models m on m.key_id = s.id where m.id = $1",
      [id],
    );
    return rows;
  };
  const [first] = await secrets();
  assert.doesNotMatch(first?.text ?? key, new RegExp(key));
  const shown = await world.graphql(world.north.owner, "{ models { nodes { name keyId } } }");
  assert.doesNotMatch(JSON.stringify(shown), new RegExp(key));

  const put = async (json: Fields) => {
    const { status, text } = await world.send("PUT", `/api/models/${id}`, { as: world.north.member, json });
    assert.equal(status, 200, text);
    return (await secrets()).map((secret) => secret.id);
  };
  const { key: _key, ...kept } = fields as Fields;
  assert.deepEqual(await put(kept), [first?.id]);
  assert.notDeepEqual(await put({ ...kept, key: "sk-another" }), [first?.id]);
  // A key goes where it was given for.
  assert.deepEqual(await put({ ...kept, baseUrl: "https://elsewhere.example/v1" }), []);
  assert.equal((await put({ ...kept, key: "sk-third" })).length, 1);
  assert.deepEqual(await put({ ...kept, key: null }), []);
  assert.deepEqual(
    await world.asOwner(
      "select from evals.secrets s where not exists (select from evals.models m where m.key_id = s.id)",
    ),
    [],
  );
});

test("viewers store, replace and choose nothing", async () => {
  const id = await make(world.north.member);
  const { viewer } = world.north;
  const endpoint = { name: unique("endpoint"), modelId: id };
  for (const [method, path, json] of [
    ["POST", "models", hosted()],
    ["PUT", `models/${id}`, hosted()],
    ["PUT", "model-defaults/generation", { modelId: id }],
    ["POST", "model-endpoints", endpoint],
  ] as const) {
    const answer = await world.send(method, `/api/${path}`, { as: viewer, json });
    assert.deepEqual([answer.status, codeOf(answer)], [403, "NOT_ALLOWED"], path);
  }
  assert.equal((await byGraphql(viewer, hosted())).errors[0]?.extensions?.code, "NOT_ALLOWED");
});

test("an endpoint is a model or a URL and stays what it is; another's model makes none", async () => {
  const modelId = await make(world.north.member);
  const made = await world.graphql(
    world.north.member,
    "mutation ($e: ModelEndpointFields!) { createModelEndpoint(input: { endpoint: $e }) { endpoint { id kind modelId url } } }",
    { e: { name: unique("endpoint"), modelId } },
  );
  assert.deepEqual(made.errors, []);
  const { createModelEndpoint } = made.data as { createModelEndpoint: { endpoint: Fields } };
  const { endpoint } = createModelEndpoint;
  assert.deepEqual([endpoint.kind, endpoint.modelId, endpoint.url], ["model", modelId, null]);
  const asUrl = await world.send("PUT", `/api/endpoints/${endpoint.id}`, {
    as: world.north.member,
    json: { name: unique("endpoint"), url: "https://example.com" },
  });
  assert.deepEqual([asUrl.status, codeOf(asUrl)], [404, "NOT_FOUND"]);
  const theirs = { name: unique("endpoint"), modelId: await make(world.south.member) };
  const foreign = await byRest(world.north.member, theirs, "model-endpoints");
  assert.deepEqual([foreign.status, codeOf(foreign)], [404, "NOT_FOUND"]);
});
