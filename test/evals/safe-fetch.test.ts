import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, mock, test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import {
  closeAgents,
  FetchError,
  mayReach,
  parseAllowList,
  safeFetch,
} from "../../src/evals/safe-fetch/index.ts";

/** 127.0.0.2 stands for a public host: the one address that the tests' operator allows. */
const allow = ["127.0.0.2/32"];
const limits = { timeoutMs: 5_000, maxBytes: 100_000 };

let answer: RequestListener = (_request, response) => response.end("hello");
const seen: { method: string; path: string; headers: IncomingMessage["headers"]; body: string }[] = [];
const open: Server[] = [];
let outside = 0;
let inside = 0;
let insideHits = 0;

async function listen(host: string, port: number, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  server.listen(port, host);
  await once(server, "listening");
  open.push(server);
  server.on("connection", () => {
    if (host !== "127.0.0.2") insideHits += 1;
  });
  return (server.address() as AddressInfo).port;
}

before(async () => {
  outside = await listen("127.0.0.2", 0, async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    seen.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
    answer(request, response);
  });
  inside = await listen("127.0.0.1", 0, (_request, response) => response.end("the secret"));
  // The same port on ::1, where this machine has one, for names and addresses that lead there.
  await listen("::1", inside, (_request, response) => response.end("the secret")).catch(() => {});
});
beforeEach(() => {
  seen.length = 0;
  insideHits = 0;
  answer = (_request, response) => response.end("hello");
});
after(async () => {
  await closeAgents();
  for (const server of open) {
    server.closeAllConnections();
    server.close();
  }
});

const at = (path = "/") => `http://127.0.0.2:${outside}${path}`;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "answered",
    (error: unknown) => (error instanceof FetchError ? error.reason : (error as { code?: string }).code),
  );

test("an allowed address answers, with status, headers, text and duration", async () => {
  answer = (_request, response) => response.writeHead(418, { "x-kind": "teapot" }).end("höt");
  const got = await safeFetch({
    url: at("/tea?x=1"),
    method: "POST",
    headers: { "X-Api-Key": "k" },
    body: '{"a":1}',
    allow,
    ...limits,
  });
  assert.deepEqual([got.status, got.headers["x-kind"], got.text], [418, "teapot", "höt"]);
  assert(got.durationMs > 0);
  assert.deepEqual([seen[0]?.method, seen[0]?.path, seen[0]?.body], ["POST", "/tea?x=1", '{"a":1}']);
  assert.equal(seen[0]?.headers["x-api-key"], "k");
});

test("no disguise of an internal address reaches it", async () => {
  const disguises = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "017700000001",
    "0177.0.0.01",
    "127.0.0.1.",
    "127。0。0。1",
    "１２７.0.0.1",
    "%31%32%37.0.0.1",
    "0.0.0.0",
    "0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[2001:db8::1]",
  ];
  for (const host of disguises) {
    const code = await codeOf(safeFetch({ url: `http://${host}:${inside}/`, allow, ...limits }));
    // A resolver may know no "localhost." at all; what counts is that nobody is reached.
    assert(code === "INTERNAL_ADDRESS" || (host === "localhost." && code === "network"), `${host}: ${code}`);
  }
  assert.equal(insideHits, 0);
});

test("addresses that are not public are refused, public ones are not", () => {
  const none = parseAllowList([]);
  const refused = [
    "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1",
    "172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1",
    "224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::10.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254",
    "64:ff9b::a00:1 100::1 2001:0:1::1 2001:db8::1 2002:a00:1:: 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1",
    "fec0::1 ff02::1 4000::1 nonsense",
  ].flatMap((line) => line.split(" "));
  for (const address of refused) assert(!mayReach(address, none), address);
  const reached =
    "1.1.1.1 8.8.8.8 100.63.255.255 172.32.0.1 192.1.0.1 ::ffff:8.8.8.8 2606:4700::1111 2a00:1450::1";
  for (const address of reached.split(" ")) assert(mayReach(address, none), address);
});

test("the operator's ranges open what they name and nothing else", () => {
  const ranges = parseAllowList(["10.1.0.0/16", "fd00::/8", "192.168.0.7"]);
  for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "192.168.0.7"])
    assert(mayReach(address, ranges), address);
  for (const address of ["10.2.0.1", "fc00::1", "192.168.0.8", "::1"])
    assert(!mayReach(address, ranges), address);
  assert.throws(() => parseAllowList(["10.0.0.0/99"]), { code: "INVALID_SETTING" });
});

test("only http and https, without user or password, are called", async () => {
  for (const url of [
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://127.0.0.1/",
    "no url",
    "http://",
  ]) {
    assert.equal(await codeOf(safeFetch({ url, allow, ...limits })), "INVALID_ARGUMENT", url);
  }
  const url = `http://user:secret@127.0.0.2:${outside}/`;
  assert.equal(await codeOf(safeFetch({ url, allow, ...limits })), "INVALID_ARGUMENT");
  assert.equal(seen.length, 0);
});

test("a redirect from an allowed address to an internal one is not followed", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [
      `http://127.0.0.1:${inside}/`,
      `http://localhost:${inside}/`,
      `//[::1]:${inside}/`,
    ]) {
      answer = (_request, response) => response.writeHead(status, { location }).end();
      assert.equal(await codeOf(safeFetch({ url: at(), allow, ...limits })), "INTERNAL_ADDRESS", location);
    }
  }
  answer = (_request, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end();
  assert.equal(await codeOf(safeFetch({ url: at(), allow, ...limits })), "redirect");
  assert.equal(insideHits, 0);
});

test("a name that resolves to something else the second time is looked up once", async () => {
  let lookups = 0;
  const fake = mock.method(
    dns,
    "lookup",
    (_host: string, _options: unknown, callback: (...args: unknown[]) => void) => {
      lookups += 1;
      callback(null, [{ address: lookups === 1 ? "127.0.0.2" : "127.0.0.1", family: 4 }]);
    },
  );
  syncBuiltinESMExports();
  try {
    const got = await safeFetch({ url: `http://rebinding.test:${outside}/`, allow, ...limits });
    assert.deepEqual([got.text, lookups, seen.length], ["hello", 1, 1]);
    assert.equal(
      await codeOf(safeFetch({ url: `http://rebinding.test:${inside}/`, allow, ...limits })),
      "INTERNAL_ADDRESS",
    );
  } finally {
    fake.mock.restore();
    syncBuiltinESMExports();
  }
  assert.equal(insideHits, 0);
});

test("a name with one public and one internal address is refused", async () => {
  const fake = mock.method(
    dns,
    "lookup",
    (_host: string, _options: unknown, callback: (...args: unknown[]) => void) => {
      callback(null, [
        { address: "127.0.0.2", family: 4 },
        { address: "10.0.0.1", family: 4 },
      ]);
    },
  );
  syncBuiltinESMExports();
  try {
    const error = await safeFetch({ url: `http://mixed.test:${outside}/`, allow, ...limits }).catch(
      (thrown) => thrown,
    );
    assert.equal(error.code, "INTERNAL_ADDRESS");
    assert.doesNotMatch(error.message, /10\.0\.0\.1/, "what a name resolves to inside stays unsaid");
  } finally {
    fake.mock.restore();
    syncBuiltinESMExports();
  }
  assert.equal(seen.length, 0);
});

test("connections kept for one allow-list are not used by another", async () => {
  assert.equal((await safeFetch({ url: at(), allow, ...limits })).text, "hello");
  assert.equal(await codeOf(safeFetch({ url: at(), ...limits })), "INTERNAL_ADDRESS");
});

test("redirects are followed five times and 303 turns into GET", async () => {
  answer = (request, response) => {
    const left = Number(request.url?.slice(1) ?? 0);
    if (left === 0) return response.end("there");
    return response.writeHead(303, { location: `/${left - 1}` }).end("x".repeat(30_000));
  };
  const sent = {
    method: "POST",
    body: "{}",
    headers: { "content-type": "application/json", authorization: "Bearer x" },
  } as const;
  assert.equal((await safeFetch({ url: at("/5"), ...sent, allow, ...limits })).text, "there");
  assert.deepEqual(
    seen.map(({ method }) => method),
    ["POST", "GET", "GET", "GET", "GET", "GET"],
  );
  assert.deepEqual(
    [seen[1]?.body, seen[1]?.headers["content-type"], seen[1]?.headers.authorization],
    ["", undefined, "Bearer x"],
  );
  assert.equal(await codeOf(safeFetch({ url: at("/6"), ...sent, allow, ...limits })), "redirect");
});

test("307 repeats the call; credentials of any name stay behind when the origin changes", async () => {
  const other = await listen("127.0.0.2", 0, (request, response) => {
    seen.push({ method: request.method ?? "", path: "", headers: request.headers, body: "" });
    response.end("other");
  });
  answer = (_request, response) => response.writeHead(307, { location: `http://127.0.0.2:${other}/` }).end();
  const headers = {
    Authorization: "Bearer x",
    Cookie: "c=1",
    "X-Api-Key": "k",
    "X-Tenant-Secret": "s",
    Accept: "text/plain",
  };
  assert.equal(
    (await safeFetch({ url: at(), method: "POST", body: "b", headers, allow, ...limits })).text,
    "other",
  );
  const [first, second] = seen;
  assert.equal(first?.headers["x-tenant-secret"], "s");
  assert.deepEqual([second?.method, second?.headers.accept], ["POST", "text/plain"]);
  for (const name of ["authorization", "cookie", "x-api-key", "x-tenant-secret"])
    assert.equal(second?.headers[name], undefined, name);
});

test("headers that belong to the client or smuggle a line are refused", async () => {
  for (const headers of [
    { Host: "internal" },
    { "transfer-encoding": "chunked" },
    { a: "b\r\nc: d" },
    { "a b": "c" },
  ]) {
    assert.equal(await codeOf(safeFetch({ url: at(), headers, allow, ...limits })), "INVALID_ARGUMENT");
  }
  assert.equal(seen.length, 0);
});

test("an answer over the bound is cut off, also one that is small until unpacked", async () => {
  answer = (_request, response) => response.end(Buffer.alloc(200_000, "a"));
  assert.equal(await codeOf(safeFetch({ url: at(), allow, ...limits })), "too_large");
  for (const [encoding, packed] of [
    ["gzip", gzipSync(Buffer.alloc(5_000_000))],
    ["br", brotliCompressSync(Buffer.alloc(5_000_000))],
  ] as const) {
    answer = (_request, response) => response.writeHead(200, { "content-encoding": encoding }).end(packed);
    assert.equal(await codeOf(safeFetch({ url: at(), allow, ...limits })), "too_large", encoding);
  }
});

test("packed answers are unpacked, broken and unknown packings are named", async () => {
  answer = (_request, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("höt"));
  assert.equal((await safeFetch({ url: at(), allow, ...limits })).text, "höt");
  answer = (_request, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end("not gzip at all");
  assert.equal(await codeOf(safeFetch({ url: at(), allow, ...limits })), "encoding");
  answer = (_request, response) => response.writeHead(200, { "content-encoding": "compress" }).end("x");
  assert.equal(await codeOf(safeFetch({ url: at(), allow, ...limits })), "encoding");
});

test("one deadline covers silence, a dripping body and a row of slow redirects", async () => {
  const timers: NodeJS.Timeout[] = [];
  const hang: RequestListener = () => {};
  const drip: RequestListener = (_request, response) => {
    response.writeHead(200);
    timers.push(setInterval(() => response.write("."), 20));
  };
  const slowHop: RequestListener = (request, response) => {
    timers.push(setTimeout(() => response.writeHead(302, { location: `${request.url}x` }).end(), 100));
  };
  for (const behaviour of [hang, drip, slowHop]) {
    answer = behaviour;
    const started = performance.now();
    assert.equal(await codeOf(safeFetch({ url: at(), allow, timeoutMs: 250, maxBytes: 100_000 })), "timeout");
    assert(performance.now() - started < 1_500);
  }
  for (const timer of timers) clearTimeout(timer);
});

test("the caller's signal ends the call with the caller's reason", async () => {
  const reason = new Error("cancelled");
  const controller = new AbortController();
  answer = () => controller.abort(reason);
  await assert.rejects(
    safeFetch({ url: at(), allow, signal: controller.signal, ...limits }),
    (error) => error === reason,
  );
  await assert.rejects(
    safeFetch({ url: at(), allow, signal: controller.signal, ...limits }),
    (error) => error === reason,
  );
  assert.equal(seen.length, 1);
});

test("a server that is away or breaks off is a network failure that may be tried again", async () => {
  const gone = await listen("127.0.0.2", 0, () => {});
  open.pop()?.close();
  assert.equal(await codeOf(safeFetch({ url: `http://127.0.0.2:${gone}/`, allow, ...limits })), "network");
  answer = (request) => request.socket.destroy();
  assert.equal(await codeOf(safeFetch({ url: at(), allow, ...limits })), "network");
  answer = (request, response) => {
    response.writeHead(200, { "content-encoding": "gzip" });
    response.write(gzipSync("half of it").subarray(0, 5), () => request.socket.destroy());
  };
  assert.equal(await codeOf(safeFetch({ url: at(), allow, ...limits })), "network");
  const error = await safeFetch({ url: "http://no-such-name.invalid/", ...limits }).catch((thrown) => thrown);
  assert.equal(error.code, "FETCH_FAILED");
});

test("1,319 calls at 50 a time share connections", async () => {
  let connections = 0;
  open[0]?.on("connection", () => {
    connections += 1;
  });
  let next = 0;
  const worker = async () => {
    while (next < 1_319) {
      next += 1;
      const got = await safeFetch({ url: at(), method: "POST", body: '{"input":"x"}', allow, ...limits });
      assert.equal(got.text, "hello");
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  assert(connections <= 150, `${connections} connections`);
});
