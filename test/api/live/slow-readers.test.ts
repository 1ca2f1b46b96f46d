import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { until } from "../../helpers/jobs.ts";
import { startWorld, type World } from "../support.ts";
import { changeNote, launchLater } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

/** Who watches, and reads when it is told to. */
type Reader = {
  pause(): void;
  resume(): void;
  /** Bytes that were read. */
  bytes: number;
  /** The end of what was read. */
  tail: string;
  /** It was told to read again what it shows. */
  resynced: boolean;
  gone: boolean;
  closed: number | undefined;
  stop(): void;
};

// A payload of a quarter of a megabyte, four times.
const query =
  "subscription { jobChanges { resync jobs { progressNote a: payload b: payload c: payload d: payload } } }";
const payloadBytes = 250_000;

function take(reader: Reader, text: string): void {
  reader.bytes += text.length;
  reader.tail = (reader.tail + text).slice(-2_000);
  if (text.includes('"resync":true')) reader.resynced = true;
}

function newReader(): Reader {
  return {
    pause: () => undefined,
    resume: () => undefined,
    stop: () => undefined,
    bytes: 0,
    tail: "",
    resynced: false,
    gone: false,
    closed: undefined,
  };
}

async function bySocket(): Promise<Reader> {
  const reader = newReader();
  const socket = new WebSocket(`${world.api.url.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  const authorization = `Bearer ${world.north.viewer.token}`;
  socket.send(JSON.stringify({ type: "connection_init", payload: { authorization } }));
  await once(socket, "message");
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query } }));
  socket.on("message", (data) => take(reader, String(data)));
  socket.on("error", () => undefined);
  socket.on("close", (code) => {
    reader.gone = true;
    reader.closed = code;
  });
  reader.pause = () => socket.pause();
  reader.resume = () => socket.resume();
  reader.stop = () => socket.terminate();
  return reader;
}

async function byStream(): Promise<Reader> {
  const reader = newReader();
  const request = http.request(`${world.api.url}/graphql/stream`, {
    method: "POST",
    agent: false,
    headers: {
      authorization: `Bearer ${world.north.viewer.token}`,
      "content-type": "application/json",
      accept: "text/event-stream",
    },
  });
  request.on("error", () => undefined);
  request.end(JSON.stringify({ query }));
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  response.setEncoding("utf8");
  response.on("data", (text: string) => take(reader, text));
  response.on("error", () => undefined);
  response.on("close", () => {
    reader.gone = true;
  });
  reader.pause = () => response.pause();
  reader.resume = () => response.resume();
  reader.stop = () => request.destroy();
  return reader;
}

const residentMb = () => process.memoryUsage().rss / 1_048_576;
/** Every reader is sent a megabyte four times a second, for the better part of a minute. */
const mostGrowthMb = 250;

test("who reads nothing costs bounded memory and is let go after half a minute, with the reason for who reads on", async (t) => {
  const id = await launchLater(world, { name: "x".repeat(payloadBytes) });
  const idle: Reader[] = [];
  for (let n = 0; n < 4; n += 1) idle.push(await bySocket(), await byStream());
  const late = [await bySocket(), await byStream()];
  await sleep(500);
  await changeNote(world, id, "first");
  await until(
    async () => [...idle, ...late].map(({ bytes }) => bytes),
    (bytes) => bytes.every((read) => read > 4 * payloadBytes),
    20_000,
  );

  let changes = 0;
  const before = residentMb();
  let most = 0;
  const stopping = new AbortController();
  const changing = (async () => {
    while (!stopping.signal.aborted) {
      changes += 1;
      await changeNote(world, id, `change ${changes}`);
      most = Math.max(most, residentMb());
      await sleep(260);
    }
  })();
  const readOn = idle.slice(0, 2);
  const neverRead = idle.slice(2);
  try {
    for (const one of [...idle, ...late]) one.pause();
    const pausedAt = performance.now();
    const after = (seconds: number) => sleep(Math.max(0, pausedAt + seconds * 1_000 - performance.now()));

    await after(12);
    for (const one of late) one.resume();
    await until(
      async () => late.map(({ resynced }) => resynced),
      (resynced) => resynced.every((yes) => yes),
    );

    // Systems take some megabytes before anything waits in the process.
    await after(37);
    for (const one of readOn) one.resume();
    await until(
      async () => readOn.map(({ gone }) => gone),
      (gone) => gone.every((yes) => yes),
    );
    assert.equal(readOn[0]?.closed, 4408);
    assert.match(readOn[1]?.tail ?? "", /"NOT_READ"/);

    await after(52);
    for (const one of neverRead) one.resume();
    await until(
      async () => neverRead.map(({ gone }) => gone),
      (gone) => gone.every((yes) => yes),
      2_000,
    );
    assert.ok(late.every(({ gone }) => !gone));
  } finally {
    stopping.abort();
    await changing;
    for (const one of [...idle, ...late]) one.stop();
  }
  t.diagnostic(
    `${changes} changes of a megabyte to ${idle.length} who read nothing: ${before.toFixed(0)} MB before, ${most.toFixed(0)} at most`,
  );
  assert.ok(changes > 100, `${changes} changes`);
  assert.ok(most - before < mostGrowthMb, `${before.toFixed(0)} and ${most.toFixed(0)} MB`);
});
