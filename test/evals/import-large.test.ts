import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { create, startEvals } from "./support.ts";

const rows = 100_000;
/** 600 bytes a row, so that the file has 60 MB. */
const filler = "x".repeat(560);
const mostGrowth = 30 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What is in use after a collection, buffers outside of the heap included. */
function inUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function* file(): Generator<string> {
  for (let at = 0; at < rows; at += 100) {
    yield Array.from({ length: 100 }, (_, n) => `${JSON.stringify({ input: `${at + n} ${filler}` })}\n`).join(
      "",
    );
  }
}

test("100,000 rows are imported through the API without filling memory", async () => {
  const world = await startEvals();
  try {
    const set = await create(world, world.north.member, "test-sets", {});
    const baseline = inUse();
    let highest = baseline;
    const watch = setInterval(() => {
      highest = Math.max(highest, inUse());
    }, 400);
    // Not by fetch: in this process too, it would keep all it has sent.
    const upload = request(`${world.api.url}/api/test-sets/${set}/import`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${world.north.member.token}`,
        "content-type": "application/x-ndjson",
      },
    });
    const responding = once(upload, "response") as Promise<[IncomingMessage]>;
    await pipeline(Readable.from(file()), upload);
    const [response] = await responding;
    const answer = await text(response);
    clearInterval(watch);
    assert.deepEqual([response.statusCode, answer], [201, `{"imported":${rows}}`]);
    const [stored] = await world.asOwner<{ n: number; last: number }>(
      "select count(*)::int as n, max(position) as last from evals.test_set_tests where test_set_id = $1",
      [set],
    );
    assert.deepEqual(stored, { n: rows, last: rows - 1 });
    const growth = highest - baseline;
    assert(growth < mostGrowth, `memory in use grew by ${Math.round(growth / 1024 / 1024)} MB`);
  } finally {
    await world.stop();
  }
});
