/** The client behind a proxy of the test's, which loses answers, breaks streams and has none. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { ApiError, ConnectionError } from "../../src/client/index.ts";
import { until } from "../helpers/jobs.ts";
import { errorOf, letStep, type Scene, startScene, type TypedClient, typedClient } from "./support.ts";

type Meddle = (incoming: IncomingMessage, outgoing: ServerResponse, pass: () => void) => void;

let scene: Scene;
let proxy: Server;
let url: string;
let client: TypedClient;
let seen: string[] = [];
let meddle: Meddle = (_incoming, _outgoing, pass) => pass();

before(async () => {
  scene = await startScene();
  proxy = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.url}`);
    meddle(incoming, outgoing, () => forward(incoming, outgoing));
  }).listen(0);
  await once(proxy, "listening");
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  client = typedClient({ url, token: scene.world.north.member.token });
});
beforeEach(() => {
  seen = [];
});
after(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await scene.stop();
});

function forward(incoming: IncomingMessage, outgoing: ServerResponse | undefined): void {
  const { method, url: path, headers } = incoming;
  const onward = request(scene.world.api.url + path, { method, headers }, (answer) => {
    if (outgoing === undefined) return void answer.resume().on("end", () => incoming.socket.destroy());
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing?.destroy());
  incoming.pipe(onward);
}

/** Does something to the first requests of a kind, and passes what comes after. */
function first(times: number, kind: string, act: Meddle): void {
  let left = times;
  meddle = (incoming, outgoing, pass) => {
    if (`${incoming.method} ${incoming.url}` === kind && left > 0) {
      left -= 1;
      act(incoming, outgoing, pass);
    } else pass();
  };
}

test("a launch whose answer is lost is sent again, and has launched once", async () => {
  first(2, "POST /api/jobs", (incoming) => forward(incoming, undefined));
  const job = await client.jobs.launch("greet", { name: "lost" });
  assert.equal(seen.filter((one) => one === "POST /api/jobs").length, 3);
  const rows = await scene.world.asOwner<{ id: string }>(
    "select id from rowlock.job where payload ->> 'name' = 'lost'",
  );
  assert.deepEqual(rows, [{ id: job.id }]);
});

test("what says that it passes is asked again when it said, and what may not be sent twice is not", async () => {
  const busy: Meddle = (_incoming, outgoing) => outgoing.writeHead(503, { "retry-after": "1" }).end("busy");
  first(1, "GET /api/jobs", busy);
  const began = performance.now();
  await client.jobs.list().page();
  assert.ok(performance.now() - began >= 990);
  assert.equal(seen.length, 2);

  seen = [];
  first(9, "POST /api/jobs/retry", busy);
  const error = await errorOf(client.jobs.retryMany({ task: "greet" }, { atMost: 0 }));
  assert.ok(error instanceof ConnectionError);
  assert.deepEqual([error.code, error.status, seen.length], ["NETWORK", 503, 1]);
  seen = [];
  const refused = await errorOf(client.jobs.get("no uuid"));
  assert.ok(refused instanceof ApiError && refused.code === "INVALID_ARGUMENT");
  assert.equal(seen.length, 1);
});

test("a call takes no longer than its time, and its tries end", async () => {
  meddle = () => {};
  const quick = typedClient({ url, token: "any", timeoutMs: 50, retries: 1 });
  const error = await errorOf(quick.jobs.get("one"));
  assert.equal((error as ConnectionError).code, "TIMEOUT");
  assert.equal(seen.length, 2);
  const nobody = typedClient({ url: "http://127.0.0.1:1", token: "any", retries: 0 });
  const unreached = await errorOf(nobody.jobs.get("one"));
  assert.ok(unreached instanceof ConnectionError && unreached.code === "NETWORK");
});

test("without streams a job is watched by looking", async () => {
  meddle = (incoming, outgoing, pass) =>
    incoming.url === "/graphql/stream" ? outgoing.writeHead(404).end() : pass();
  const job = await client.jobs.launch("count", { steps: 1, until: "polled" });
  const result = job.result({ timeoutMs: 20_000 });
  await until(
    async () => seen.length,
    (n) => n > 3,
  );
  await letStep(scene.world, "polled 1");
  assert.deepEqual(await result, { counted: 1 });
  assert.equal(seen.filter((one) => one === "POST /graphql/stream").length, 1);
});

test("a stream that breaks is opened again, and its events are why the job is read", async () => {
  const streams: ServerResponse[] = [];
  meddle = (incoming, outgoing, pass) => {
    if (incoming.url !== "/graphql/stream") return pass();
    outgoing.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" }).write(":\n\n");
    streams.push(outgoing);
  };
  const event = 'event: next\r\ndata: {"data":{"job":{}}}\r\n\r\n';
  const job = await client.jobs.launch("count", { steps: 2, until: "streamed" });
  const states: string[] = [];
  const watching = (async () => {
    for await (const { progress, state } of job.watch()) states.push(progress?.note ?? state);
  })();
  await until(
    async () => streams.length,
    (n) => n === 1,
  );
  streams[0]?.write(event.slice(0, 20));
  streams[0]?.write(event.slice(20));
  await until(
    async () => states.at(-1),
    (state) => state === "step 1",
  );
  // As long as the stream lives nothing is read but by its events.
  await letStep(scene.world, "streamed 1");
  await until(
    async () => (await job.get()).progress?.note,
    (note) => note === "step 2",
  );
  assert.equal(states.at(-1), "step 1");
  streams[0]?.destroy();
  await until(
    async () => states.at(-1),
    (state) => state === "step 2",
  );
  await until(
    async () => streams.length,
    (n) => n === 2,
  );
  streams[1]?.write(event);
  await letStep(scene.world, "streamed 2");
  await until(
    async () => (await job.get()).state,
    (state) => state === "succeeded",
  );
  streams[1]?.write(event);
  await watching;
  assert.equal(states.at(-1), "succeeded");
  await until(
    async () => streams[1]?.closed,
    (closed) => closed === true,
  );
});

test("whoever stops watching gives the connection back", async () => {
  let closed = 0;
  meddle = (incoming, outgoing, pass) => {
    if (incoming.url !== "/graphql/stream") return pass();
    outgoing.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n");
    outgoing.on("close", () => (closed += 1));
  };
  const job = await client.jobs.launch("count", { steps: 1, until: "never" });
  const opened = async () => seen.filter((one) => one === "POST /graphql/stream").length;
  const controller = new AbortController();
  const aborted = errorOf(job.result({ signal: controller.signal }));
  await until(opened, (n) => n === 1);
  controller.abort();
  assert.equal(((await aborted) as ConnectionError).code, "ABORTED");
  await until(
    async () => closed,
    (n) => n === 1,
  );
  await job.cancel();
});
