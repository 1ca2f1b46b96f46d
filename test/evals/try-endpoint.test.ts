import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import { after, before, test } from "node:test";
import type { Tried } from "../../src/evals/index.ts";
import type { Person } from "../api/support.ts";
import { deliver, jobRow } from "../helpers/jobs.ts";
import { listening } from "./listening.ts";
import { create, type EvalsWorld, startEvals } from "./support.ts";

let world: EvalsWorld;
before(async () => {
  world = await startEvals();
});
after(() => world.stop());

async function serve(answer: (response: ServerResponse, sent: string) => void) {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    answer(response, text);
  });
  return await listening(server);
}

/** Tries an endpoint through REST and runs its job. */
async function tryIt(endpointId: string, input = "hello", who: Person = world.north.member): Promise<Tried> {
  const path = `/api/endpoints/${endpointId}/try`;
  const { status, body, headers, text } = await world.send("POST", path, { as: who, json: { input } });
  assert.equal(status, 202, text);
  const { jobId } = body as { jobId: string };
  assert.equal(headers.get("location"), `/api/jobs/${jobId}`);
  assert.equal((await deliver(world.db, jobId, world.tryEndpoint)).kind, "succeeded");
  return (await jobRow(world.db, jobId)).result as Tried;
}

test("a try shows what was sent, what was answered and what is made of it", async () => {
  await using bot = await serve((response, sent) =>
    response
      .writeHead(200, { "content-type": "application/json", "x-request": "7" })
      .end(JSON.stringify({ said: JSON.parse(sent), id: "c1" })),
  );
  const id = await create(world, world.north.member, "endpoints", {
    url: bot.url,
    auth: { type: "bearer", token: "a token of tests" },
    responsePath: "said.input",
    responseMapping: { conversationId: "id" },
  });
  const { request, response, result, error } = await tryIt(id);
  assert.deepEqual(request, {
    method: "POST",
    url: bot.url,
    headers: { "content-type": "application/json", authorization: "[secret]" },
    body: '{"input":"hello"}',
  });
  assert.deepEqual(
    [response?.status, response?.headers["x-request"], response?.truncated],
    [200, "7", false],
  );
  assert.equal(response?.body, '{"said":{"input":"hello"},"id":"c1"}');
  assert.deepEqual(result, { output: "hello", context: null, toolCalls: null, conversationId: "c1" });
  assert.equal(error, null);
});

test("a try that goes wrong says how, with as much as there was; the endpoint is called once", async () => {
  let calls = 0;
  await using bot = await serve((response) => {
    calls += 1;
    response.writeHead(503, { "content-type": "text/plain" }).end("\u0001".repeat(200_000));
  });
  const id = await create(world, world.north.member, "endpoints", { url: bot.url });
  const { response, result, error } = await tryIt(id);
  assert.deepEqual([response?.status, response?.truncated, result, calls], [503, true, null, 1]);
  assert(Buffer.byteLength(JSON.stringify(response?.body)) <= 64 * 1024 + 2);
  assert.match(error?.message ?? "", /status 503/);
});

test("a try of an internal address is refused by the worker", async () => {
  const id = await create(world, world.north.member, "endpoints", { url: "http://127.0.0.1:9/" });
  await world.asOwner("update evals.endpoints set url = 'http://169.254.169.254/' where id = $1", [id]);
  const { response, error } = await tryIt(id);
  assert.deepEqual([response, error?.code], [null, "INTERNAL_ADDRESS"]);
});

test("viewers try nothing, and nobody another's endpoint; GraphQL launches the same job", async () => {
  await using bot = await serve((response) => response.end('{"output":"x"}'));
  const id = await create(world, world.north.member, "endpoints", { url: bot.url });
  const refused = async (as: Person) =>
    (await world.send("POST", `/api/endpoints/${id}/try`, { as, json: { input: "x" } })).status;
  assert.deepEqual([await refused(world.north.viewer), await refused(world.south.owner)], [403, 404]);
  const { data, errors } = await world.graphql(
    world.north.member,
    'mutation ($id: UUID!) { tryEndpoint(input: { id: $id, input: "x" }) { jobId } }',
    { id },
  );
  assert.deepEqual(errors, []);
  const { jobId } = (data as { tryEndpoint: { jobId: string } }).tryEndpoint;
  await deliver(world.db, jobId, world.tryEndpoint);
  assert.equal(((await jobRow(world.db, jobId)).result as Tried).result?.output, "x");
});
