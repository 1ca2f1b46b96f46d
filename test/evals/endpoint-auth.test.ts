import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { tokenFor } from "../../src/evals/call/oauth.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { listening } from "./listening.ts";
import { create, type EvalsWorld, execute, plan, results, runAll, startEvals, unique } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

const secretText = (what: string) => `${what}-${randomBytes(12).toString("hex")}`;
const one = [{ input: "x", expected: "x" }];

type Seen = Record<string, string | string[] | undefined>;

/** Answers what it is asked, to those whose headers fit; keeps the headers it saw. */
async function serve(fits: (headers: Seen, times: number) => boolean = () => true) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    request.resume();
    seen.push(request.headers);
    const status = fits(request.headers, seen.length) ? 200 : 401;
    response.writeHead(status, { "content-type": "application/json" }).end('{"output":"x"}');
  });
  return { seen, ...(await listening(server)) };
}

/** A token URL: what it is sent, and tokens 1, 2, 3, … */
async function serveTokens(expiresIn: number, prefix: string) {
  const asked: { authorization: string | undefined; form: Record<string, string> }[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const form = Object.fromEntries(new URLSearchParams(text));
    asked.push({ authorization: request.headers.authorization, form });
    const body = { access_token: `${prefix}-${asked.length}`, token_type: "Bearer", expires_in: expiresIn };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  return { asked, ...(await listening(server)) };
}

async function run(url: string, endpoint: Record<string, unknown>, tests = one) {
  const given = await plan(world, world.north.member, { url, tests, endpoint });
  const { id } = await execute(world, world.north.member, given);
  await runAll(world, id);
  return { endpointId: given.endpointId, results: await results(world, id) };
}

test("a bearer token, a key in a header and secret headers reach the endpoint, beside plain ones", async () => {
  await using bot = await serve();
  const [token, key, tenant] = [secretText("token"), secretText("key"), secretText("tenant")];
  const bearer = await run(bot.url, {
    auth: { type: "bearer", token },
    headers: { "x-plain": "seen by all", "X-Api-Key": key },
    secretHeaders: { "x-tenant": tenant },
  });
  assert.equal(bearer.results[0]?.state, "passed");
  const [headers] = bot.seen;
  assert.deepEqual(
    [headers?.authorization, headers?.["x-plain"], headers?.["x-api-key"], headers?.["x-tenant"]],
    [`Bearer ${token}`, "seen by all", key, tenant],
  );
  const byHeader = await run(bot.url, { auth: { type: "header", name: "Ocp-Key", value: key } });
  assert.equal(byHeader.results[0]?.state, "passed");
  assert.equal(bot.seen[1]?.["ocp-key"], key);

  const { body, text } = await world.send("GET", `/api/endpoints/${bearer.endpointId}`, {
    as: world.north.viewer,
  });
  const shown = body as { headers: unknown; auth: unknown; secrets: { name: string; setAt: string }[] };
  assert.deepEqual([shown.headers, shown.auth], [{ "x-plain": "seen by all" }, { type: "bearer" }]);
  assert.deepEqual(
    shown.secrets.map(({ name }) => name),
    ["auth", "x-api-key", "x-tenant"],
  );
  for (const secret of [token, key, tenant]) assert(!text.includes(secret));
  const { data, errors } = await world.graphql(
    world.north.viewer,
    "query ($id: UUID!) { endpoint(id: $id) { headers auth secrets maxAttempts } }",
    { id: bearer.endpointId },
  );
  assert.deepEqual(errors, []);
  const { endpoint } = data as { endpoint: { secrets: unknown[] } };
  assert.deepEqual(endpoint.secrets, shown.secrets);
});

test("a replacement keeps what is not given anew, and a run keeps the secret it began with", async () => {
  await using bot = await serve();
  const [before, later] = [secretText("before"), secretText("later")];
  const given = await plan(world, world.north.member, {
    url: bot.url,
    tests: one,
    endpoint: { auth: { type: "bearer", token: before }, secretHeaders: { "x-more": before } },
  });
  const path = `/api/endpoints/${given.endpointId}`;
  const replace = (json: Record<string, unknown>) =>
    world.send("PUT", path, { as: world.north.member, json: { name: unique("e"), url: bot.url, ...json } });
  const kept = await replace({ auth: { type: "bearer" }, secretHeaders: { "X-More": null } });
  assert.equal(kept.status, 200, kept.text);
  const first = await execute(world, world.north.member, given);
  const changed = await replace({ auth: { type: "bearer", token: later } });
  assert.equal(changed.status, 200, changed.text);
  const second = await execute(world, world.north.member, given);
  await runAll(world, first.id);
  await runAll(world, second.id);
  assert.deepEqual(
    bot.seen.map((headers) => [headers.authorization, headers["x-more"]]),
    [
      [`Bearer ${before}`, before],
      [`Bearer ${later}`, undefined],
    ],
  );
});

test("a secret goes nowhere but where it was given for", async () => {
  await using bot = await serve();
  await using thief = await serve();
  const secret = secretText("bound");
  const id = await create(world, world.north.member, "endpoints", {
    url: bot.url,
    auth: { type: "bearer", token: secret },
    secretHeaders: { "x-more": secret },
  });
  const replace = (json: Record<string, unknown>) =>
    world.send("PUT", `/api/endpoints/${id}`, {
      as: world.north.member,
      json: { name: unique("e"), url: thief.url, ...json },
    });
  for (const json of [{ auth: { type: "bearer" } }, { secretHeaders: { "x-more": null } }]) {
    const { status, text } = await replace(json);
    assert.equal(status, 422, text);
    assert.match(text, /must be given: none is stored for this URL/);
  }
  // Past the door, by SQL: the database has the id, and no worker opens the secret for another place.
  await withTenant(world.db.pool("api"), world.north.member, (tx) =>
    tx.query("update evals.endpoints set url = $2 where id = $1", [id, thief.url]),
  );
  const setId = (await plan(world, world.north.member, { url: bot.url, tests: one })).testSetId;
  const metricIds = [await create(world, world.north.member, "metrics", { kind: "exact" })];
  const { id: runId } = await execute(world, world.north.member, {
    endpointId: id,
    testSetId: setId,
    metricIds,
  });
  await runAll(world, runId);
  const [result] = await results(world, runId);
  assert.deepEqual([result?.state, result?.code, thief.seen.length], ["errored", "NOT_FOUND", 0]);
});

test("an OAuth token is fetched once for many calls, and once more when it is refused", async () => {
  const prefix = secretText("access");
  await using tokens = await serveTokens(3_600, prefix);
  // From its third call on the product wants another token.
  await using bot = await serve(({ authorization }, times) =>
    times < 3 ? authorization === `Bearer ${prefix}-1` : authorization === `Bearer ${prefix}-2`,
  );
  const clientSecret = secretText("client:secret/");
  const auth = { type: "oauth", tokenUrl: tokens.url, clientId: "rowlock", clientSecret, scope: "ask" };
  const tests = ["a", "b", "c", "d"].map((input) => ({ input, expected: "x" }));
  const { results: all } = await run(bot.url, { auth }, tests);
  assert.deepEqual(
    all.map(({ state }) => state),
    ["passed", "passed", "passed", "passed"],
  );
  assert.deepEqual([tokens.asked.length, bot.seen.length], [2, 5]);
  assert.deepEqual(tokens.asked[0]?.form, { grant_type: "client_credentials", scope: "ask" });
  const basic = Buffer.from(
    (tokens.asked[0]?.authorization ?? "").slice("Basic ".length),
    "base64",
  ).toString();
  assert.equal(basic, `rowlock:${encodeURIComponent(clientSecret)}`);
});

test("an OAuth token that is refused when it is fresh is an error, and so is none at all", async () => {
  await using tokens = await serveTokens(3_600, secretText("access"));
  await using bot = await serve(() => false);
  const auth = { type: "oauth", tokenUrl: tokens.url, clientId: "x", clientSecret: secretText("client") };
  const { results: refused } = await run(bot.url, { auth });
  assert.deepEqual([refused[0]?.state, bot.seen.length, tokens.asked.length], ["errored", 1, 1]);
  assert.match(refused[0]?.message ?? "", /status 401/);

  const closed = { ...auth, tokenUrl: bot.url };
  const { results: none } = await run(bot.url, { auth: closed });
  assert.match(none[0]?.message ?? "", /No token was given: the token URL answered with status 401/);
});

test("a token URL inside the network is refused", async () => {
  const auth = { type: "oauth", tokenUrl: "http://10.0.0.7/token", clientId: "x", clientSecret: "secret" };
  const { status, text } = await world.send("POST", "/api/endpoints", {
    as: world.north.member,
    json: { name: unique("e"), url: "https://example.com", auth },
  });
  assert.equal(status, 422, text);
  assert.match(text, /auth\/tokenUrl/);
});

test("secrets go with their endpoint, former ones too", async () => {
  const url = "https://example.com/x";
  const id = await create(world, world.north.member, "endpoints", {
    url,
    auth: { type: "bearer", token: "one" },
  });
  const json = { name: unique("e"), url, auth: { type: "bearer", token: "two" } };
  const replaced = await world.send("PUT", `/api/endpoints/${id}`, { as: world.north.member, json });
  assert.equal(replaced.status, 200);
  const left = () => world.asOwner("select from evals.secrets where purpose like $1", [`endpoint ${id} %`]);
  assert.equal((await left()).length, 2);
  const { errors } = await world.graphql(
    world.north.member,
    "mutation ($id: UUID!) { deleteEndpoint(input: { id: $id }) { clientMutationId } }",
    { id },
  );
  assert.deepEqual([errors, (await left()).length], [[], 0]);
});

test("a token is kept until shortly before it expires, and no more than a thousand of them", async (context) => {
  await using tokens = await serveTokens(600, secretText("access"));
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const options = { signal: new AbortController().signal, allow: ["127.0.0.0/8"] };
  const get = (secret: string) =>
    tokenFor(
      { oauth: { type: "oauth", tokenUrl: tokens.url, clientId: "x" }, organizationId: "o", secret },
      options,
    );
  const fetched = async (secret: string) => !(await get(secret)).fromCache;
  assert.deepEqual([await fetched("a"), await fetched("a"), await fetched("b")], [true, false, true]);
  context.mock.timers.tick(569_000);
  assert.equal(await fetched("a"), false);
  context.mock.timers.tick(2_000);
  assert.equal(await fetched("a"), true);
  for (let n = 0; n < 1_000; n += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, more) => get(`many ${n + more}`)));
  }
  assert.deepEqual([await fetched("many 999"), await fetched("a")], [false, true]);
});
