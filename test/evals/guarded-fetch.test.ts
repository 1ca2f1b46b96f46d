import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { closeAgents, FetchError, withGuardedFetch } from "../../src/evals/safe-fetch/index.ts";
import { RowlockError } from "../../src/sdk/index.ts";

let server: Server;
let url: string;
before(async () => {
  server = createServer((request, response) => {
    if (request.url === "/bomb") {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(1_000_000)));
    } else if (request.url === "/drip") {
      response.writeHead(200).write("a beginning");
    } else {
      response.writeHead(200, { "x-of": "theirs" }).end("words");
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  url = `http://127.0.0.1:${address.port}`;
});
after(async () => {
  await closeAgents();
  server.closeAllConnections();
  server.close();
});

const bounds = { timeoutMs: 2_000, maxBytes: 1_000, allow: ["127.0.0.0/8"] };
const textOf = (path: string, more: Partial<typeof bounds> = {}) =>
  withGuardedFetch({ ...bounds, ...more }, async (fetch) => (await fetch(`${url}${path}`)).text());

const fails = (reason: FetchError["reason"]) => (error: unknown) =>
  error instanceof FetchError && error.reason === reason && error.httpStatus === 200;

test("a library's fetch gives status, headers and body as any other", async () => {
  await withGuardedFetch(bounds, async (fetch) => {
    const answer = await fetch(url, { method: "POST", body: "x" });
    assert.deepEqual(
      [answer.status, answer.headers.get("x-of"), await answer.text()],
      [200, "theirs", "words"],
    );
  });
});

test("its bodies are bounded as they unpack, and its time limit covers reading them", async () => {
  await assert.rejects(textOf("/bomb"), fails("too_large"));
  await assert.rejects(textOf("/drip", { timeoutMs: 200 }), fails("timeout"));
});

test("it refuses internal addresses, written out or as a name", async () => {
  const { port } = new URL(url);
  for (const target of [
    url,
    `http://localhost:${port}`,
    "http://[::ffff:169.254.169.254]/",
    "http://0x7f.1/",
  ]) {
    await assert.rejects(
      withGuardedFetch({ ...bounds, allow: [] }, (fetch) => fetch(target)),
      (error) => error instanceof RowlockError && error.code === "INTERNAL_ADDRESS",
      target,
    );
  }
});
